#include "worker/deflicker/tile_trial.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/tile_trial.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Costs = hn::CappedTag<std::uint16_t, kTileColumns>;
using Levels = hn::RebindToSigned<Costs>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Costs()));

// Rows of a tile, each the sums of 2 * radius + 1 costs above each other; read beyond its end.
struct ColumnSums {
  alignas(64) std::uint16_t rows[kTileRows][2 * kTileColumns];
};

HWY_INLINE hn::Vec<Costs> Squared(const std::int16_t* a, const std::int16_t* b) {
  const auto difference = hn::Sub(hn::LoadU(Levels(), a), hn::LoadU(Levels(), b));
  return hn::BitCast(Costs(), hn::Mul(difference, difference));
}

// kRadius 0: the radius is known at run time only.
template <int kRadius>
HWY_INLINE void SumColumns(const TileTrial& trial, const CostScale& scale, ColumnSums* sums) {
  const int radius = kRadius > 0 ? kRadius : trial.radius;
  const int patch_rows = 2 * radius + 1;
  const std::ptrdiff_t source_stride = trial.source->Stride();
  const std::ptrdiff_t target_stride = trial.target->Stride();
  const auto limit = hn::Set(Costs(), scale.limit);
  alignas(64) std::uint16_t recent[2 * kTrialRadiusMax + 1][kLanes];
  for (auto& row : sums->rows) {
    std::fill(row + kTileColumns, row + kTileColumns + 2 * kTrialRadiusMax, std::uint16_t{0});
  }
  for (int column = 0; column < kTileColumns; column += kLanes) {
    const std::int16_t* sources[MatchPlanes::kChannels];
    const std::int16_t* targets[MatchPlanes::kChannels];
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      sources[channel] = trial.source->At(channel, trial.x + trial.dx - radius + column,
                                          trial.y + trial.dy - radius);
      targets[channel] = trial.target->At(channel, trial.x - radius + column, trial.y - radius);
    }
    auto sum = hn::Zero(Costs());
    int oldest = 0;
    for (int row = 0; row < kTileRows + 2 * radius; ++row) {
      auto cost = hn::SaturatedAdd(
          hn::SaturatedAdd(Squared(sources[0], targets[0]), Squared(sources[1], targets[1])),
          Squared(sources[2], targets[2]));
      if (kRadius == 0 || kRadius > 2) {  // Smaller patches need no shift.
        cost = hn::ShiftRightSame(cost, scale.shift);
      }
      cost = hn::Min(cost, limit);
      sum = hn::Add(sum, cost);
      if (row >= patch_rows) {
        sum = hn::Sub(sum, hn::Load(Costs(), recent[oldest]));
      }
      hn::Store(cost, Costs(), recent[oldest]);
      oldest = oldest + 1 == patch_rows ? 0 : oldest + 1;
      if (row >= 2 * radius) {
        hn::Store(sum, Costs(), sums->rows[row - 2 * radius] + column);
      }
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        sources[channel] += source_stride;
        targets[channel] += target_stride;
      }
    }
  }
}

// The rows and columns of the tile whose matches lie in the source.
struct Inside {
  int rows_begin = 0;
  int rows_end = 0;
  int columns_begin = 0;
  int columns_end = 0;
};

template <int kRadius>
HWY_INLINE void KeepBetter(const TileTrial& trial,
                           const ColumnSums& sums,
                           const Inside& inside,
                           TileBest* best) {
  const int patch_columns = 2 * (kRadius > 0 ? kRadius : trial.radius) + 1;
  const auto candidate = hn::Set(Costs(), trial.candidate);
  const bool all_columns = inside.columns_begin == 0 && inside.columns_end >= kTileColumns;
  for (int row = inside.rows_begin; row < inside.rows_end; ++row) {
    for (int column = 0; column < kTileColumns; column += kLanes) {
      const std::uint16_t* const first = sums.rows[row] + column;
      auto cost = hn::Load(Costs(), first);
      for (int i = 1; i < patch_columns; ++i) {
        cost = hn::Add(cost, hn::LoadU(Costs(), first + i));
      }
      std::uint16_t* const costs = best->costs[row] + column;
      std::uint16_t* const candidates = best->candidates[row] + column;
      const auto before = hn::Load(Costs(), costs);
      auto better = hn::Lt(cost, before);
      if (!all_columns) {
        const auto at = hn::Iota(Costs(), static_cast<std::uint16_t>(column));
        const auto begin = hn::Set(Costs(), static_cast<std::uint16_t>(inside.columns_begin));
        const auto end = hn::Set(Costs(), static_cast<std::uint16_t>(inside.columns_end));
        better = hn::And(better, hn::AndNot(hn::Lt(at, begin), hn::Lt(at, end)));
      }
      hn::Store(hn::IfThenElse(better, cost, before), Costs(), costs);
      hn::Store(hn::IfThenElse(better, candidate, hn::Load(Costs(), candidates)), Costs(),
                candidates);
    }
  }
}

template <int kRadius>
HWY_INLINE void TryWithRadius(const TileTrial& trial,
                              const CostScale& scale,
                              const Inside& inside,
                              TileBest* best) {
  ColumnSums sums;
  SumColumns<kRadius>(trial, scale, &sums);
  KeepBetter<kRadius>(trial, sums, inside, best);
}

// Parts of a run of `size` pixels from `at` that lie in 0 .. limit-1, relative to `at`.
HWY_INLINE int Begin(int at) {
  return std::max(0, -at);
}
HWY_INLINE int End(int at, int size, int limit) {
  return std::min(size, limit - at);
}

bool TryOnTile(const TileTrial& trial, const CostScale& scale, TileBest* best) {
  const MatchPlanes& source = *trial.source;
  const int columns = kTileColumns - 2 * trial.radius;
  Inside inside = {Begin(trial.y + trial.dy), End(trial.y + trial.dy, kTileRows, source.Height()),
                   Begin(trial.x + trial.dx), End(trial.x + trial.dx, columns, source.Width())};
  if (inside.rows_begin >= inside.rows_end || inside.columns_begin >= inside.columns_end) {
    return false;
  }
  if (inside.columns_begin == 0 && inside.columns_end == columns) {
    inside.columns_end = kTileColumns;  // What lies beyond the tile's own columns does not matter.
  }
  switch (trial.radius) {
    case 1:
      TryWithRadius<1>(trial, scale, inside, best);
      return true;
    case 2:
      TryWithRadius<2>(trial, scale, inside, best);
      return true;
    case 3:
      TryWithRadius<3>(trial, scale, inside, best);
      return true;
    default:
      TryWithRadius<0>(trial, scale, inside, best);
      return true;
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::deflicker {

HWY_EXPORT(TryOnTile);

CostScale CostScaleOf(int radius) {
  constexpr int kCoveredCost = 2600;  // 29.4 levels in each of three channels, squared and summed.
  constexpr int kCostMax = 65535;
  const int pixels = (2 * radius + 1) * (2 * radius + 1);
  const int limit = kCostMax / pixels;
  int shift = 0;
  while ((limit << shift) < kCoveredCost) {
    ++shift;
  }
  return {shift, static_cast<std::uint16_t>(limit)};
}

bool TryOffset(const TileTrial& trial, TileBest* best) {
  return HWY_DYNAMIC_DISPATCH(TryOnTile)(trial, CostScaleOf(trial.radius), best);
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
