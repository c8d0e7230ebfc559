#include "worker/deflicker/tile_trial.h"

#include <algorithm>
#include <cstring>

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

// A column of vectors of the two pictures, from the first row that the tile's patches reach.
class PixelCosts {
 public:
  HWY_INLINE PixelCosts(const TileTrial& trial, int column)
      : source_stride_(trial.source->Stride()), target_stride_(trial.target->Stride()) {
    const int x = trial.x - trial.radius + column;
    const int y = trial.y - trial.radius;
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      sources_[channel] = trial.source->At(channel, x + trial.dx, y + trial.dy);
      targets_[channel] = trial.target->At(channel, x, y);
    }
  }

  // The costs of the next row. Shifts: whether scale.shift may be other than 0.
  template <bool Shifts>
  HWY_INLINE hn::Vec<Costs> Next(const CostScale& scale) {
    auto cost = hn::SaturatedAdd(
        hn::SaturatedAdd(Squared(sources_[0], targets_[0]), Squared(sources_[1], targets_[1])),
        Squared(sources_[2], targets_[2]));
    if (Shifts) {
      cost = hn::ShiftRightSame(cost, scale.shift);
    }
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      sources_[channel] += source_stride_;
      targets_[channel] += target_stride_;
    }
    return hn::Min(cost, hn::Set(Costs(), scale.limit));
  }

 private:
  const std::int16_t* sources_[MatchPlanes::kChannels] = {};
  const std::int16_t* targets_[MatchPlanes::kChannels] = {};
  std::ptrdiff_t source_stride_;
  std::ptrdiff_t target_stride_;
};

// Radius 0: the radius is known at run time only. Up to 2, costs need no shift.
template <int Radius>
HWY_INLINE void SumColumns(const TileTrial& trial, const CostScale& scale, ColumnSums* sums) {
  const int radius = Radius > 0 ? Radius : trial.radius;
  const int patch_rows = 2 * radius + 1;
  // Written before it is read, thousands of times a field.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  alignas(64) std::uint16_t rows[kTileRows + 2 * kTrialRadiusMax][kLanes];
  for (int column = 0; column < kTileColumns; column += kLanes) {
    PixelCosts costs(trial, column);
    auto sum = hn::Zero(Costs());
    for (int row = 0; row < kTileRows + 2 * radius; ++row) {
      const auto cost = costs.Next<(Radius == 0 || Radius > 2)>(scale);
      sum = hn::Add(sum, cost);
      if (row >= patch_rows) {
        sum = hn::Sub(sum, hn::Load(Costs(), rows[row - patch_rows]));
      }
      hn::Store(cost, Costs(), rows[row]);
      if (row >= 2 * radius) {
        hn::Store(sum, Costs(), sums->rows[row - 2 * radius] + column);
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

template <int Radius>
HWY_INLINE void KeepBetter(const TileTrial& trial,
                           const ColumnSums& sums,
                           const Inside& inside,
                           TileBest* best) {
  const int patch_columns = 2 * (Radius > 0 ? Radius : trial.radius) + 1;
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

template <int Radius>
HWY_INLINE void TryWithRadius(const TileTrial& trial,
                              const CostScale& scale,
                              const Inside& inside,
                              TileBest* best) {
  // As large as it is read; what lies beyond the tile's columns comes to nothing.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  ColumnSums sums;
  for (auto& row : sums.rows) {
    std::memset(row + kTileColumns, 0, sizeof(std::uint16_t) * 2 * kTrialRadiusMax);
  }
  SumColumns<Radius>(trial, scale, &sums);
  KeepBetter<Radius>(trial, sums, inside, best);
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
    case 5:
      TryWithRadius<5>(trial, scale, inside, best);
      return true;
    case 10:
      TryWithRadius<10>(trial, scale, inside, best);
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
