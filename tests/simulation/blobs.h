// What lies in the farm's blob store.

#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace weft::simulation {

// Checksums by key: the content is the same for every attempt at the same task.
using Blobs = std::map<std::string, std::uint64_t>;

// Each blob's size.
inline constexpr std::uint64_t kBlobBytes = 1;

}  // namespace weft::simulation
