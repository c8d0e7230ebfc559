#include "tests/benchmarks/farm/gearman_link.h"

namespace weft::bench {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kTypeOffset = 4;
constexpr std::size_t kSizeOffset = 8;
constexpr std::string_view kRequest("\0REQ", 4);

std::uint32_t NumberAt(std::string_view bytes, std::size_t offset) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[offset + i]);
  }
  return number;
}

void AppendNumber(std::uint32_t number, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(number >> static_cast<unsigned>(shift)));
  }
}

}  // namespace

void GearmanLink::Add(GearmanType type, std::string_view body) {
  std::string& out = socket_.Out();
  out.append(kRequest);
  AppendNumber(static_cast<std::uint32_t>(type), out);
  AppendNumber(static_cast<std::uint32_t>(body.size()), out);
  out.append(body);
}

std::optional<GearmanPacket> GearmanLink::Next() {
  const std::string_view in = socket_.In();
  if (in.size() < kHeaderBytes) {
    return std::nullopt;
  }
  const std::size_t size = NumberAt(in, kSizeOffset);
  if (in.size() - kHeaderBytes < size) {
    return std::nullopt;
  }
  GearmanPacket packet{static_cast<GearmanType>(NumberAt(in, kTypeOffset)),
                       std::string(in.substr(kHeaderBytes, size))};
  socket_.Drop(kHeaderBytes + size);
  return packet;
}

}  // namespace weft::bench
