#include "common/blob/blob_facts.h"

#include <cstddef>

namespace weft {
namespace {

constexpr std::size_t kNumberBytes = sizeof(std::uint64_t);

void AppendNumber(std::uint64_t number, std::string& bytes) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    bytes.push_back(static_cast<char>(number >> (8 * i) & 0xff));
  }
}

std::uint64_t NumberAt(std::string_view bytes, std::size_t place) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[place + i])} << (8 * i);
  }
  return number;
}

}  // namespace

std::string Encode(const BlobFacts& facts) {
  std::string bytes;
  AppendNumber(facts.size_bytes, bytes);
  if (facts.file.has_value()) {
    AppendNumber(facts.file->number, bytes);
    AppendNumber(facts.file->checksum, bytes);
  }
  return bytes;
}

BlobFacts DecodeBlobFacts(std::string_view bytes) {
  BlobFacts facts;
  if (bytes.size() >= kNumberBytes) {
    facts.size_bytes = NumberAt(bytes, 0);
  }
  if (bytes.size() == 3 * kNumberBytes) {
    facts.file = {NumberAt(bytes, kNumberBytes), NumberAt(bytes, 2 * kNumberBytes)};
  }
  return facts;
}

}  // namespace weft
