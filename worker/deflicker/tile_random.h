// The search's random numbers. Counter-based: each depends on the key and on what it is for alone.

#pragma once

#include <cstdint>

#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

struct RandomWords {
  std::uint32_t words[4];

  // Word i as a number uniform in 0 .. count-1. REQUIRES: 0 < count < 2^16.
  [[nodiscard]] std::uint32_t Below(int i, std::uint32_t count) const {
    return (words[i] >> 16) * count >> 16;
  }
};

// What four words are for. Numbers in each field: below 2^8, 2^4, 2^4, 2^16, 2^32.
struct RandomPurpose {
  enum Kind : std::uint32_t { kTrial = 0, kSample = 1 };

  std::uint32_t level = 0;
  std::uint32_t round = 0;
  Kind kind = kTrial;
  std::uint32_t trial = 0;
  std::uint32_t place = 0;  // Number of a tile, or of four blocks.
};

RandomWords WordsFor(const TileSearchKey& key, const RandomPurpose& purpose);

}  // namespace weft::deflicker
