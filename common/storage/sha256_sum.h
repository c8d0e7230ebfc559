// SHA-256 of bytes that come piece by piece, as FIPS 180-4 has it.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"

namespace weft {

class Sha256Sum {
 public:
  Sha256Sum();
  Sha256Sum(const Sha256Sum&) = delete;
  Sha256Sum& operator=(const Sha256Sum&) = delete;
  ~Sha256Sum();

  void Add(std::string_view bytes);
  // In hexadecimal, lower case. To be called once, last.
  std::string Take();

 private:
  struct State;
  std::unique_ptr<State> state_;  // OpenSSL's header stays in the source.
};

// Of a whole file, read in pieces. kNotFound: it cannot be opened.  kUnavailable: nor read.
Result<std::string> Sha256OfFile(const std::string& path);

}  // namespace weft
