#include "tests/benchmarks/npy_array.h"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace weft::bench {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

tl::unexpected<Error> Damaged() {
  return Failure(ErrorCode::kDataLoss, "not an array of NumPy's, or a damaged one");
}

// The header's text, which is a Python dictionary; `*end` is where it ends. Empty: damaged.
std::string_view HeaderOf(std::string_view bytes, std::size_t* end) {
  const std::size_t size_at = kMagic.size() + 2;  // After the version's two numbers.
  if (bytes.size() < size_at + 4 || bytes.substr(0, kMagic.size()) != kMagic) {
    return {};
  }
  // Version 1 has two bytes for the size, later ones four.
  const std::size_t size_bytes = bytes[kMagic.size()] == 1 ? 2 : 4;
  std::size_t size = 0;
  for (std::size_t i = size_bytes; i > 0; --i) {
    size = size << 8 | static_cast<std::uint8_t>(bytes[size_at + i - 1]);
  }
  const std::size_t start = size_at + size_bytes;
  if (size > bytes.size() - start) {
    return {};
  }
  *end = start + size;
  return bytes.substr(start, size);
}

// What stands after `key` up to the first of `stops`; empty where there is none.
std::string_view ValueOf(std::string_view header,
                         std::string_view key,
                         char opening,
                         char closing) {
  const std::size_t at = header.find(key);
  const std::size_t start = at == header.npos ? at : header.find(opening, at + key.size());
  const std::size_t stop = start == header.npos ? start : header.find(closing, start + 1);
  return stop == header.npos ? std::string_view() : header.substr(start + 1, stop - start - 1);
}

// "27, 120, 160, 2" or "5,". False: something else.
bool ReadShape(std::string_view text, std::vector<std::size_t>* shape) {
  while (!text.empty()) {
    std::size_t side = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    if (error != std::errc()) {
      return false;
    }
    shape->push_back(side);
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    const std::size_t next = text.find_first_not_of(", ");
    text.remove_prefix(next == text.npos ? text.size() : next);
  }
  return true;
}

// 0 for a type this reader does not take.
std::size_t BytesOf(std::string_view type) {
  const bool known = type.size() == 3 && (type[0] == '<' || type[0] == '|') &&
                     std::string_view("iufb").find(type[1]) != std::string_view::npos &&
                     std::string_view("1248").find(type[2]) != std::string_view::npos;
  return known ? static_cast<std::size_t>(type[2] - '0') : 0;
}

}  // namespace

Result<NpyArray> ParseNpy(const std::string& bytes) {
  std::size_t start = 0;
  const std::string_view header = HeaderOf(bytes, &start);
  NpyArray array;
  array.type = ValueOf(header, "'descr':", '\'', '\'');
  if (header.empty() || !ReadShape(ValueOf(header, "'shape':", '(', ')'), &array.shape)) {
    return Damaged();
  }
  std::size_t size = BytesOf(array.type);
  if (size == 0 || header.find("'fortran_order': False") == header.npos) {
    return Failure(ErrorCode::kUnsupported,
                   "an array of type \"" + array.type + "\", or in Fortran's order");
  }
  array.values = bytes.substr(start);
  for (const std::size_t side : array.shape) {
    // Past what is there it cannot be right, nor may it overflow.
    if (side > array.values.size() || size * side > array.values.size()) {
      return Damaged();
    }
    size *= side;
  }
  if (size != array.values.size()) {
    return Damaged();
  }
  return array;
}

}  // namespace weft::bench
