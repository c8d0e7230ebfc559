// What a piece of work costs.

#pragma once

#include <vector>

namespace weft::bench {

struct Spent {
  double cpu_ms = 0;   // Of all threads of this process: other programs take none of it.
  double wall_ms = 0;  // As a clock on the wall shows it.
};

// Runs from when it is made.
class Stopwatch {
 public:
  Stopwatch() : start_(Now()) {}
  [[nodiscard]] Spent Read() const;

 private:
  static Spent Now();

  Spent start_;
};

// The middle one of each kind. REQUIRES: there is one.
Spent Median(const std::vector<Spent>& times);

}  // namespace weft::bench
