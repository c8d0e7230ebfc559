#include "tests/benchmarks/zip_file.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <zlib.h>

namespace weft::bench {
namespace {

constexpr std::size_t kDirectoryEndSize = 22;
constexpr std::size_t kDirectoryEntrySize = 46;
constexpr std::size_t kLocalHeaderSize = 30;
constexpr std::uint32_t kDirectoryEndMark = 0x06054b50;
constexpr std::uint32_t kDirectoryEntryMark = 0x02014b50;
constexpr std::uint32_t kLocalHeaderMark = 0x04034b50;
constexpr std::uint32_t kStored = 0;
constexpr std::uint32_t kDeflated = 8;
constexpr std::uint32_t kEncrypted = 1;          // A flag.
constexpr std::size_t kMemberSizeMax = 1 << 30;  // An archive that claims more is no clip's motion.

struct Member {
  std::string name;
  std::uint32_t method = kStored;
  std::uint32_t checksum = 0;
  std::size_t packed_size = 0;
  std::size_t size = 0;
  std::size_t local_header = 0;
};

tl::unexpected<Error> Damaged() {
  return Failure(ErrorCode::kDataLoss, "not a ZIP archive, or a damaged one");
}

// Little-endian. REQUIRES: the bytes are there.
std::uint32_t Number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i > 0; --i) {
    number = number << 8 | static_cast<std::uint8_t>(bytes[at + i - 1]);
  }
  return number;
}

// `size` bytes from `at` on; none where the archive does not hold them.
std::string_view Piece(std::string_view archive, std::size_t at, std::size_t size) {
  return at <= archive.size() && size <= archive.size() - at ? archive.substr(at, size)
                                                             : std::string_view();
}

// From the end, where a comment may follow; none where there is no directory.
std::string_view FindDirectoryEnd(std::string_view archive) {
  for (std::size_t at = archive.size(); at-- > 0;) {
    const std::string_view end = Piece(archive, at, kDirectoryEndSize);
    if (!end.empty() && Number(end, 0, 4) == kDirectoryEndMark) {
      return end;
    }
  }
  return {};
}

// What stands at `*at` in the directory; `*at` moves on.
Result<Member> ReadEntry(std::string_view archive, std::size_t* at) {
  const std::string_view entry = Piece(archive, *at, kDirectoryEntrySize);
  if (entry.empty() || Number(entry, 0, 4) != kDirectoryEntryMark) {
    return Damaged();
  }
  if ((Number(entry, 8, 2) & kEncrypted) != 0) {
    return Failure(ErrorCode::kUnsupported, "an encrypted ZIP archive");
  }
  const std::size_t name_size = Number(entry, 28, 2);
  const std::string_view name = Piece(archive, *at + kDirectoryEntrySize, name_size);
  *at += kDirectoryEntrySize + name_size + Number(entry, 30, 2) + Number(entry, 32, 2);
  return Member{std::string(name),    Number(entry, 10, 2), Number(entry, 16, 4),
                Number(entry, 20, 4), Number(entry, 24, 4), Number(entry, 42, 4)};
}

// Deflate without zlib's own header. False: damaged, or not of that size.
bool Inflate(std::string_view packed, std::string* bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    return false;
  }
  // zlib reads through a pointer to what it calls non-const.
  std::string input(packed);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes->data());
  stream.avail_out = static_cast<uInt>(bytes->size());
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return status == Z_STREAM_END && stream.avail_out == 0;
}

Result<std::string> Unpack(std::string_view archive, const Member& member) {
  const std::string_view header = Piece(archive, member.local_header, kLocalHeaderSize);
  if (header.empty() || Number(header, 0, 4) != kLocalHeaderMark || member.size > kMemberSizeMax) {
    return Damaged();
  }
  const std::size_t start =
      member.local_header + kLocalHeaderSize + Number(header, 26, 2) + Number(header, 28, 2);
  const std::string_view packed = Piece(archive, start, member.packed_size);
  std::string bytes(member.size, '\0');
  if (member.method == kStored) {
    bytes = std::string(packed);
  } else if (member.method != kDeflated) {
    return Failure(ErrorCode::kUnsupported, member.name + " is packed in an unknown way");
  } else if (!Inflate(packed, &bytes)) {
    return Damaged();
  }
  const auto* const first = reinterpret_cast<const Bytef*>(bytes.data());
  if (bytes.size() != member.size ||
      crc32(0, first, static_cast<uInt>(bytes.size())) != member.checksum) {
    return Damaged();
  }
  return bytes;
}

}  // namespace

Result<std::map<std::string, std::string>> UnpackZip(const std::string& archive) {
  const std::string_view end = FindDirectoryEnd(archive);
  if (end.empty()) {
    return Damaged();
  }
  const std::uint32_t count = Number(end, 10, 2);
  std::size_t at = Number(end, 16, 4);
  std::map<std::string, std::string> members;
  for (std::uint32_t i = 0; i < count; ++i) {
    WEFT_ASSIGN_OR_RETURN(const Member member, ReadEntry(archive, &at));
    WEFT_ASSIGN_OR_RETURN(members[member.name], Unpack(archive, member));
  }
  return members;
}

}  // namespace weft::bench
