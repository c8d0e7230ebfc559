#include "worker/frame/png.h"

#include <cstddef>
#include <cstdint>

#include <zlib.h>

namespace weft {
namespace {

constexpr char kSignature[] = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kRgb = 3;

std::string BigEndian(std::uint32_t value) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
  return bytes;
}

const Bytef* ToBytes(const std::string& text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

// Section 5.3: length, type, contents, and a checksum of the last two.
std::string Chunk(const std::string& type, const std::string& contents) {
  const std::string checked = type + contents;
  const auto crc =
      static_cast<std::uint32_t>(crc32(0, ToBytes(checked), static_cast<uInt>(checked.size())));
  return BigEndian(static_cast<std::uint32_t>(contents.size())) + checked + BigEndian(crc);
}

// Rows, each as its differences from the row above (section 9.2, filter type 2), which suits
// photographs well enough.
std::string Filtered(const Frame& frame) {
  constexpr char kUp = 2;
  const std::size_t row_size = static_cast<std::size_t>(frame.width) * kRgb;
  std::string rows;
  rows.reserve((row_size + 1) * static_cast<std::size_t>(frame.height));
  for (std::size_t row = 0; row < static_cast<std::size_t>(frame.height); ++row) {
    rows.push_back(kUp);
    for (std::size_t i = row * row_size; i < (row + 1) * row_size; ++i) {
      const int above = row == 0 ? 0 : frame.rgb[i - row_size];
      rows.push_back(static_cast<char>(frame.rgb[i] - above));
    }
  }
  return rows;
}

Result<std::string> Compressed(const std::string& rows) {
  uLongf size = compressBound(rows.size());
  std::string bytes(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(bytes.data()), &size, ToBytes(rows), rows.size(),
                Z_DEFAULT_COMPRESSION) != Z_OK) {
    return Failure(ErrorCode::kResourceExhausted, "a picture cannot be compressed");
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

Result<std::string> EncodePng(const Frame& frame) {
  if (frame.width <= 0 || frame.height <= 0) {
    return Failure(ErrorCode::kInvalidArgument, "not a picture: it is empty");
  }
  WEFT_ASSIGN_OR_RETURN(const std::string pixels, Compressed(Filtered(frame)));
  // Section 11.2.2: 8 bits a sample, truecolour, and the only compression, filters and interlace.
  const std::string header = BigEndian(static_cast<std::uint32_t>(frame.width)) +
                             BigEndian(static_cast<std::uint32_t>(frame.height)) +
                             std::string("\x08\x02\x00\x00\x00", 5);
  return kSignature + Chunk("IHDR", header) + Chunk("IDAT", pixels) + Chunk("IEND", "");
}

}  // namespace weft
