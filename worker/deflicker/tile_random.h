// The search's random numbers. Counter-based: each depends on the key and on what it is for alone.

#pragma once

#include <cstdint>

#include <Random123/philox.h>

#include "worker/deflicker/host_device.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

struct RandomWords {
  std::uint32_t words[4];

  // Word i as a number uniform in 0 .. count-1. REQUIRES: 0 < count < 2^16.
  [[nodiscard]] WEFT_HOST_DEVICE std::uint32_t Below(int i, std::uint32_t count) const {
    return (words[i] >> 16) * count >> 16;
  }
};

// What four words are for. Numbers in each field: below 2^8, 2^4, 2^4, 2^16, 2^32.
struct RandomPurpose {
  enum Kind : std::uint32_t { kTrial = 0, kSample = 1, kSpread = 2 };

  std::uint32_t level = 0;
  std::uint32_t round = 0;
  Kind kind = kTrial;
  std::uint32_t trial = 0;
  std::uint32_t place = 0;  // Number of a tile, of four blocks, or of a pixel.
};

inline WEFT_HOST_DEVICE RandomWords WordsFor(const TileSearchKey& key,
                                             const RandomPurpose& purpose) {
  constexpr int kRounds = 7;  // The fewest that pass every statistical test (Salmon et al. 2011).
  const std::uint32_t kind = purpose.level << 24 | purpose.round << 20 | purpose.kind << 16;
  const auto words = philox4x32_R(
      kRounds, {{purpose.place, kind | purpose.trial, key.source, key.target}},
      {{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)}});
  return {{words[0], words[1], words[2], words[3]}};
}

}  // namespace weft::deflicker
