// Compares outputs with references, prints one line a case, and counts.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/golden/golden_case.h"

namespace weft::golden {

struct Tolerance {
  double largest = 0.0;   // 0 asks for equality.
  bool relative = false;  // To each value of the reference.
};

class Report {
 public:
  // Every reference of `tolerances` against what was computed: |difference| must not exceed it.
  // A reference without a computed output is listed as unsupported.
  void Compare(const GoldenCase& golden,
               const Outputs& computed,
               const std::map<std::string, Tolerance>& tolerances);

  // kUnsupported is listed as such; everything else fails.
  void Refuse(const std::string& name, const Error& error);
  void Pass(const std::string& name, const std::string& what);
  void Fail(const std::string& name, const std::string& what);

  void PrintSummary() const;
  // 0: nothing failed, and something passed.
  [[nodiscard]] int exit_code() const { return failed_ == 0 && passed_ > 0 ? 0 : 1; }

 private:
  int passed_ = 0;
  int failed_ = 0;
  int unsupported_ = 0;
};

}  // namespace weft::golden
