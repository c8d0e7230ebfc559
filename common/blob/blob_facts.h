// What is noted down of a stored blob beside its bytes. Private to rocks_blob_store.cc.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/blob/blob_files.h"

namespace weft {

struct BlobFacts {
  struct File {
    BlobFiles::Number number = 0;
    std::uint64_t checksum = 0;  // Xxh3() of its bytes.
  };

  std::uint64_t size_bytes = 0;   // 0 where an older Weft wrote none.
  std::optional<File> file = {};  // Nothing for a blob that is in the database.
};

// Numbers of eight bytes each, little endian: the size; of a blob in a file, then its number and
// its checksum.
std::string Encode(const BlobFacts& facts);
BlobFacts DecodeBlobFacts(std::string_view bytes);

}  // namespace weft
