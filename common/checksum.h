// The checksum of everything that Weft stores or sends in bulk.

#pragma once

#include <cstdint>
#include <string_view>

namespace weft {

// XXH3, 64 bits, seed 0: the same on every machine. Finds accidents, not forgeries.
std::uint64_t Xxh3(std::string_view bytes);

}  // namespace weft
