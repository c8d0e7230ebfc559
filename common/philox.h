// The counter-based random generator behind every random number of a picture: a pure function, so a
// number depends on its name alone, never on how many were drawn before it.

#pragma once

#include <array>
#include <cstdint>

namespace weft {

using PhiloxKey = std::array<std::uint32_t, 2>;
using PhiloxBlock = std::array<std::uint32_t, 4>;

// Philox4x32-10: 128 random bits for each key and counter, the same on every machine.
// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); Random123.
PhiloxBlock Philox(PhiloxKey key, PhiloxBlock counter);

}  // namespace weft
