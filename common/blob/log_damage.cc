#include "common/blob/log_damage.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace weft {
namespace {

// A log is a row of blocks, a block one of records; no record crosses a block's end.
constexpr std::size_t kBlockBytes = 32768;
// Checksum (4 bytes), length (2), kind (1), all little endian; then the record's bytes.
constexpr std::size_t kHeaderBytes = 7;
constexpr std::uint8_t kKindMax =
    4;  // Of the kinds that Weft's logs have: 1 is whole, 2 to 4 parts.

// CRC-32C, reflected: Castagnoli et al., "Optimization of Cyclic Redundancy-Check Codes with 24 and
// 32 Parity Bits" (1993).
std::uint32_t Crc32c(std::string_view bytes) {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0);
    }
  }
  return ~crc;
}

// RocksDB stores checksums turned and shifted, as they lie among bytes that are summed up again.
std::uint32_t Masked(std::uint32_t crc) {
  constexpr std::uint32_t kShift = 0xa282ead8;
  return ((crc >> 15U) | (crc << 17U)) + kShift;
}

class LogBytes {
 public:
  explicit LogBytes(std::string_view bytes) : bytes_(bytes) {}

  // Where a record begins that reaches beyond the log's end; the log's size when none does.
  [[nodiscard]] std::size_t FindCutRecord() const {
    std::size_t at = 0;
    while (at + kHeaderBytes <= bytes_.size()) {
      const std::size_t left = BlockLeft(at);
      if (left < kHeaderBytes || (Kind(at) == 0 && Length(at) == 0)) {
        at += left;  // Nothing more is in this block.
        continue;
      }
      if (at + kHeaderBytes + Length(at) > bytes_.size()) {
        return at;
      }
      if (kHeaderBytes + Length(at) > left) {
        return bytes_.size();  // RocksDB notices this itself.
      }
      at += kHeaderBytes + Length(at);
    }
    return bytes_.size();
  }

  [[nodiscard]] bool HasSoundRecordBehind(std::size_t cut) const {
    for (std::size_t at = cut + 1; at + kHeaderBytes <= bytes_.size(); ++at) {
      if (IsSound(at)) {
        return true;
      }
    }
    return false;
  }

 private:
  [[nodiscard]] std::size_t BlockLeft(std::size_t at) const {
    return kBlockBytes - at % kBlockBytes;
  }
  [[nodiscard]] std::uint32_t Byte(std::size_t at) const {
    return static_cast<std::uint8_t>(bytes_[at]);
  }
  [[nodiscard]] std::size_t Length(std::size_t at) const {
    return Byte(at + 4) | Byte(at + 5) << 8U;
  }
  [[nodiscard]] std::uint32_t Kind(std::size_t at) const { return Byte(at + 6); }

  [[nodiscard]] bool IsSound(std::size_t at) const {
    const std::size_t size = kHeaderBytes + Length(at);
    if (Kind(at) == 0 || Kind(at) > kKindMax ||
        size > std::min(BlockLeft(at), bytes_.size() - at)) {
      return false;
    }
    const std::uint32_t stored =
        Byte(at) | Byte(at + 1) << 8U | Byte(at + 2) << 16U | Byte(at + 3) << 24U;
    return Masked(Crc32c(bytes_.substr(at + 6, size - 6))) == stored;
  }

  std::string_view bytes_;
};

Status CheckLog(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (!file) {
    return Failure(ErrorCode::kInternal, path.string() + ": cannot be read");
  }
  const LogBytes log(bytes);
  const std::size_t cut = log.FindCutRecord();
  if (log.HasSoundRecordBehind(cut)) {
    return Failure(ErrorCode::kDataLoss, path.string() + ": the record at byte " +
                                             std::to_string(cut) +
                                             " is damaged, and sound ones follow it");
  }
  return {};
}

}  // namespace

Status FindLogDamage(const std::string& folder) {
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    if (entry.path().extension() == ".log") {
      WEFT_RETURN_IF_ERROR(CheckLog(entry.path()));
    }
  }
  return {};
}

}  // namespace weft
