// The nearest-neighbour field between two pictures, coarse to fine, by trying offsets on whole
// tiles: what PatchMatch (Barnes et al. 2009) does for single pixels, with far less work a pixel.
//
// Integers throughout, and random numbers keyed by what is matched: the field does not depend on
// the processor, nor on what was matched before.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "common/result.h"
#include "worker/deflicker/host_device.h"
#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/thread_team.h"
#include "worker/deflicker/tile_trial.h"

namespace weft::deflicker {

struct Offset {
  std::int16_t dx = 0;
  std::int16_t dy = 0;

  // Both in one number.
  [[nodiscard]] WEFT_HOST_DEVICE std::uint32_t Key() const {
    std::uint32_t key = 0;
    static_assert(sizeof(key) == 2 * sizeof(dx));
    std::memcpy(&key, this, sizeof(key));
    return key;
  }

  friend WEFT_HOST_DEVICE bool operator==(Offset a, Offset b) { return a.Key() == b.Key(); }
  friend WEFT_HOST_DEVICE bool operator!=(Offset a, Offset b) { return !(a == b); }
};

// Spread over 32 bits, the upper ones best: for hash tables.
inline WEFT_HOST_DEVICE std::uint32_t HashOf(Offset offset) {
  return offset.Key() * 0x9e3779b1;  // The golden ratio's share of 2^32.
}

// For every pixel (x, y) of a target its match (x + dx, y + dy) in the source, which lies inside.
struct OffsetField {
  int width = 0;
  int height = 0;
  std::vector<Offset> offsets;       // [height, width]
  std::vector<std::uint16_t> costs;  // [height, width]; of the patches, on the search's CostScale.

  [[nodiscard]] std::size_t Index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(x);
  }
  [[nodiscard]] Offset At(int x, int y) const { return offsets[Index(x, y)]; }
};

struct TileSearchOptions {
  int patch_size = 5;  // Odd, 3 .. 21.
  int level_end = 0;   // The finest level that is matched; 0 is the full size.
  // Per level: each tries what the one before found around a tile, then looks around what won
  // there. 1 .. 8. One round takes two thirds of the time of two, and patches differ by some per
  // cent more.
  int rounds = 2;
  int coarse_reach = 8;  // Pixels of the coarsest level that are searched on each side; 0 .. 10.
};

// What a round of a level tries, beside what it begins with.
struct RoundTrials {
  int winners;           // The offsets that won the most pixels of the tile, at most.
  int around;            // Of these the first so many: all four that are a pixel away are tried.
  std::uint32_t random;  // Drawn around the winners.

  // The first round, which has yet to move away from what the coarser level knew, draws more; later
  // ones look around more, and a single one does a little of both. Of some thirty shares that were
  // measured none with as few trials leaves patches that differ clearly less
  // (tests/benchmarks/README.md).
  static WEFT_HOST_DEVICE RoundTrials Of(int round, bool is_last) {
    if (round > 0) {
      return {16, 16, 8};
    }
    return is_last ? RoundTrials{6, 4, 16} : RoundTrials{6, 1, 16};
  }
};
inline constexpr int kInheritedTrials = 12;  // Offsets taken from the coarser level.
inline constexpr int kTriedMax = 448;        // Of all rounds on a tile; what would be more is not.

// Names a field's random numbers.
struct TileSearchKey {
  std::uint64_t seed = 0;
  std::uint32_t source = 0;  // Frame numbers, from the job's first frame.
  std::uint32_t target = 0;
};

inline constexpr int kPyramidSideMin = 20;
inline constexpr int kOccurrenceWeightMax = 65025;  // The largest squared difference.

// What a search may heed beyond the two pictures. Pyramids are like theirs, pictures of the same
// size; nullptr: there is none. A search without any of it is faster.
struct TileSearchExtras {
  // Another field between frames of this size, such as that of a neighbouring frame: its offsets
  // are tried too. On level 0.
  const OffsetField* near = nullptr;
  // A second pair, from which `style_share` sixteenths of a cost come; the rest comes from the
  // first. 0 .. 15.
  int style_share = 0;
  const std::vector<MatchPlanes>* source_styles = nullptr;
  const std::vector<MatchPlanes>* target_styles = nullptr;
  // Where channel 0 is 0: pixels of the source that are matched only where nothing else is tried;
  // pixels of the target that patches leave out. On coarser levels: where all pixels are 0.
  const std::vector<MatchPlanes>* source_masks = nullptr;
  const std::vector<MatchPlanes>* target_masks = nullptr;
  // Above 0, each level's field is made to use the source evenly: SpreadOut() in occurrence.h. Far
  // slower. 0 .. kOccurrenceWeightMax; REQUIRES, above 0: nothing else changes costs.
  int occurrence_weight = 0;

  [[nodiscard]] bool ChangesCosts() const {
    return source_styles != nullptr || source_masks != nullptr || target_masks != nullptr;
  }
};

// kInvalidArgument: a patch size outside its range; sides that are no picture's, or too long.
Status CheckTileSearch(int width, int height, const TileSearchOptions& options);

// Finds fields one after the other; what it needs on the way is allocated once.
class TileMatcher {
 public:
  // threads: share the search of each field, which does not depend on them; outlive the matcher.
  explicit TileMatcher(ThreadTeam* threads);
  ~TileMatcher();
  TileMatcher(const TileMatcher&) = delete;
  TileMatcher& operator=(const TileMatcher&) = delete;

  // The field on level options.level_end, in pixels of that level, in the place of *field.
  // REQUIRES: CheckTileSearch() said ok; both pyramids come from MatchPyramid(kPyramidSideMin) of
  // frames of one size, and have that level.
  void Find(const std::vector<MatchPlanes>& source,
            const std::vector<MatchPlanes>& target,
            const TileSearchOptions& options,
            const TileSearchKey& key,
            OffsetField* field);
  void Find(const std::vector<MatchPlanes>& source,
            const std::vector<MatchPlanes>& target,
            const TileSearchOptions& options,
            const TileSearchKey& key,
            const TileSearchExtras& extras,
            OffsetField* field);

  struct Workspace;

 private:
  std::unique_ptr<Workspace> workspace_;
};

// A single field. REQUIRES: as TileMatcher::Find().
OffsetField FindTileField(const std::vector<MatchPlanes>& source,
                          const std::vector<MatchPlanes>& target,
                          const TileSearchOptions& options,
                          const TileSearchKey& key);

}  // namespace weft::deflicker
