// Frames and commands of ZMTP 3.1 (rfc.zeromq.org/spec/37), as far as a simulated worker speaks it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft::bench {

struct ZmtpFrame {
  bool is_command = false;
  std::string_view body;
  std::size_t bytes = 0;  // Of all of it.
};

// Whether the first frame of `in` is all there; then it is `frame`, whose body lies in `in`.
bool FirstFrame(std::string_view in, ZmtpFrame& frame);

void AppendFrame(bool is_command, std::string_view body, std::string& out);

// Of `size` bytes, the highest first.
// REQUIRES: in.size() >= size.
std::uint64_t NumberIn(std::string_view in, std::size_t size);
void AppendNumber(std::uint64_t number, unsigned size, std::string& out);

// What a DEALER says of itself as a connection is opened.
std::string DealerMetadata();

// Whether a command has this name, its length included, as "\5READY".
bool IsCommand(std::string_view command, std::string_view name);

}  // namespace weft::bench
