#include "tests/benchmarks/farm/zmtp_frame.h"

namespace weft::bench {
namespace {

constexpr unsigned kLong = 2;  // Flags of a frame.
constexpr unsigned kCommand = 4;
constexpr std::size_t kShortMax = 255;

}  // namespace

bool FirstFrame(std::string_view in, ZmtpFrame& frame) {
  if (in.empty()) {
    return false;
  }
  const unsigned flags = static_cast<unsigned char>(in[0]);
  const std::size_t head_bytes = 1 + ((flags & kLong) != 0 ? 8 : 1);
  if (in.size() < head_bytes) {
    return false;
  }
  const std::uint64_t size = NumberIn(in.substr(1), head_bytes - 1);
  if (in.size() - head_bytes < size) {
    return false;
  }
  frame.is_command = (flags & kCommand) != 0;
  frame.body = in.substr(head_bytes, size);
  frame.bytes = head_bytes + frame.body.size();
  return true;
}

void AppendFrame(bool is_command, std::string_view body, std::string& out) {
  const bool is_long = body.size() > kShortMax;
  out.push_back(static_cast<char>((is_command ? kCommand : 0U) | (is_long ? kLong : 0U)));
  AppendNumber(body.size(), is_long ? 8 : 1, out);
  out.append(body);
}

std::uint64_t NumberIn(std::string_view in, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = (number << 8U) | static_cast<unsigned char>(in[i]);
  }
  return number;
}

void AppendNumber(std::uint64_t number, unsigned size, std::string& out) {
  for (unsigned i = size; i > 0; --i) {
    out.push_back(static_cast<char>(number >> (8 * (i - 1))));
  }
}

std::string DealerMetadata() {
  const std::string_view name = "Socket-Type";
  const std::string_view value = "DEALER";
  std::string metadata;
  AppendNumber(name.size(), 1, metadata);
  metadata.append(name);
  AppendNumber(value.size(), 4, metadata);
  metadata.append(value);
  return metadata;
}

bool IsCommand(std::string_view command, std::string_view name) {
  return command.substr(0, name.size()) == name;
}

}  // namespace weft::bench
