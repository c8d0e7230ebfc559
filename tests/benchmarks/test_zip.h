// ZIP archives for tests, byte by byte.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <zlib.h>

namespace weft::bench {

inline std::string LittleEndian(std::size_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(number >> 8 * i & 255));
  }
  return bytes;
}

inline std::uint32_t Checksum(const std::string& bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

// As inside ZIP archives: without zlib's own header.
inline std::string Deflated(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string input = bytes;
  std::string packed(deflateBound(&stream, static_cast<uLong>(input.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

// Every member, deflated or only stored.
inline std::string ZipOf(const std::map<std::string, std::string>& members, bool deflate) {
  std::string archive;
  std::string directory;
  for (const auto& [name, bytes] : members) {
    const std::string packed = deflate ? Deflated(bytes) : bytes;
    // Version, flags, method, time and date, checksum, sizes, size of the name, of what is extra.
    const std::string facts = LittleEndian(20, 2) + LittleEndian(0, 2) +
                              LittleEndian(deflate ? 8 : 0, 2) + LittleEndian(0, 4) +
                              LittleEndian(Checksum(bytes), 4) + LittleEndian(packed.size(), 4) +
                              LittleEndian(bytes.size(), 4) + LittleEndian(name.size(), 2);
    directory += std::string("PK\1\2") + LittleEndian(20, 2) + facts + LittleEndian(0, 12) +
                 LittleEndian(archive.size(), 4) + name;
    // Something extra in the one place alone, as NumPy has it.
    archive += std::string("PK\3\4") + facts + LittleEndian(5, 2) + name + "extra" + packed;
  }
  const std::string count = LittleEndian(members.size(), 2);
  return archive + directory + std::string("PK\5\6") + LittleEndian(0, 4) + count + count +
         LittleEndian(directory.size(), 4) + LittleEndian(archive.size(), 4) + LittleEndian(0, 2);
}

}  // namespace weft::bench
