// A whole field by blocks: the levels and rounds, on the machine that runs them.
//
// `Machine` is the GPU's (tile_field_cuda.cu), or one that plays it. It offers
//   Take<T>(count)   Result<T*>: memory for so many T, not set; until the machine is gone
//   Show(planes)     Result<PlanesView>: a copy of them, likewise
//   Search(round)    Status: BlockSearch::Run() for each tile of the round, and waits

#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_block.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_trial.h"

namespace weft::deflicker {

template <typename Machine>
class BlockLevels {
 public:
  BlockLevels(Machine& machine, const TileSearchOptions& options, const TileSearchKey& key)
      : machine_(machine), options_(options), key_(key) {}

  // The field on level options.level_end, in the machine's memory. REQUIRES: as TileMatcher's.
  Result<FieldView> Find(const std::vector<MatchPlanes>& source,
                         const std::vector<MatchPlanes>& target) {
    FieldView field;
    for (int level = static_cast<int>(target.size()) - 1; level >= options_.level_end; --level) {
      const auto index = static_cast<std::size_t>(level);
      WEFT_ASSIGN_OR_RETURN(field, FindLevel(source[index], target[index], level, field));
    }
    return field;
  }

 private:
  Result<FieldView> FindLevel(const MatchPlanes& source,
                              const MatchPlanes& target,
                              int level,
                              const FieldView& coarser) {
    BlockRound round;
    WEFT_ASSIGN_OR_RETURN(round.source, machine_.Show(source));
    WEFT_ASSIGN_OR_RETURN(round.target, machine_.Show(target));
    round.coarser = coarser;
    round.key = key_;
    round.radius = options_.patch_size / 2;
    round.scale = CostScaleOf(round.radius);
    round.coarse_reach = options_.coarse_reach;
    round.level = level;
    round.field.width = target.Width();
    round.field.height = target.Height();
    const std::size_t pixels = Count(target.Width(), target.Height());
    WEFT_ASSIGN_OR_RETURN(round.field.offsets, machine_.template Take<Offset>(pixels));
    WEFT_ASSIGN_OR_RETURN(round.field.costs, machine_.template Take<std::uint16_t>(pixels));
    WEFT_ASSIGN_OR_RETURN(round.tiles,
                          machine_.template Take<BlockTile>(Count(round.Columns(), round.Rows())));
    WEFT_ASSIGN_OR_RETURN(round.before, Samples(target));
    WEFT_ASSIGN_OR_RETURN(round.after, Samples(target));
    for (; round.round < options_.rounds; ++round.round) {
      round.is_last = round.round + 1 == options_.rounds;
      WEFT_RETURN_IF_ERROR(machine_.Search(round));
      std::swap(round.before, round.after);
    }
    return round.field;
  }

  Result<SamplesView> Samples(const MatchPlanes& target) {
    constexpr int kSide = SamplesView::kSide;
    SamplesView samples;
    samples.columns = (target.Width() + kSide - 1) / kSide;
    samples.rows = (target.Height() + kSide - 1) / kSide;
    WEFT_ASSIGN_OR_RETURN(samples.offsets,
                          machine_.template Take<Offset>(Count(samples.columns, samples.rows)));
    return samples;
  }

  static std::size_t Count(int columns, int rows) {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
  }

  Machine& machine_;
  const TileSearchOptions& options_;
  const TileSearchKey& key_;
};

}  // namespace weft::deflicker
