#include "common/checksum.h"

#include <xxhash.h>

namespace weft {

std::uint64_t Xxh3(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace weft
