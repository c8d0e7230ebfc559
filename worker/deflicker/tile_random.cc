#include "worker/deflicker/tile_random.h"

#include <Random123/philox.h>

namespace weft::deflicker {

RandomWords WordsFor(const TileSearchKey& key, const RandomPurpose& purpose) {
  constexpr int kRounds = 7;  // The fewest that pass every statistical test (Salmon et al. 2011).
  const std::uint32_t kind = purpose.level << 24 | purpose.round << 20 | purpose.kind << 16;
  const auto words = philox4x32_R(
      kRounds, {{purpose.place, kind | purpose.trial, key.source, key.target}},
      {{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)}});
  return {{words[0], words[1], words[2], words[3]}};
}

}  // namespace weft::deflicker
