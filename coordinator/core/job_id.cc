#include "coordinator/core/job_id.h"

#include <cstdint>

namespace weft::coordinator {

JobId JobIdOf(std::string_view client_token) {
  constexpr std::uint64_t kOffsetBasis = 0xcbf29ce484222325;
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = kOffsetBasis;
  for (const char byte : client_token) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  }
  std::string name = "j-";
  for (int shift = 60; shift >= 0; shift -= 4) {
    name += "0123456789abcdef"[(hash >> shift) & 0xf];
  }
  return {name};
}

}  // namespace weft::coordinator
