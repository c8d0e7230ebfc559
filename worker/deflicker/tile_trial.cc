#include "worker/deflicker/tile_trial.h"

#include <algorithm>
#include <array>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/tile_trial.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "worker/deflicker/tile_trial-inl.h"
#include "worker/deflicker/tile_trial_registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Rows of a tile, each the sums of 2 * radius + 1 costs above each other. What a row's last patches
// read beyond its end is the next row's beginning and comes to nothing.
struct ColumnSums {
  alignas(64) std::uint16_t rows[kTileRows + 1][kTileColumns];
};

// Small patches: the costs of the rows that a sum still holds stay in registers. Up to radius 2
// costs need no shift. AllRows: of the tile are inside.
template <int Radius, bool AllRows>
HWY_INLINE void SumColumn(const TileTrial& trial,
                          const CostScale& scale,
                          const Inside& inside,
                          int column,
                          ColumnSums* sums) {
  constexpr int kPatchRows = 2 * Radius + 1;
  const int begin = AllRows ? 0 : inside.rows_begin;
  const int end = AllRows ? kTileRows : inside.rows_end;
  PixelCosts costs(trial, scale, begin, column);
  hn::Vec<Costs> held[kPatchRows];
  auto sum = hn::Zero(Costs());
#pragma GCC unroll 8
  for (int i = 0; i < kPatchRows - 1; ++i) {
    held[i] = costs.Next<(Radius > 2)>();
    sum = hn::Add(sum, held[i]);
  }
  held[kPatchRows - 1] = hn::Zero(Costs());
#pragma GCC unroll 8
  for (int row = begin; row < end; row += kPatchRows) {
#pragma GCC unroll 8
    for (int i = 0; i < kPatchRows; ++i) {
      if (row + i == end) {
        return;
      }
      // The newest takes the oldest's place.
      const int place = (i + kPatchRows - 1) % kPatchRows;
      sum = hn::Sub(sum, held[place]);
      held[place] = costs.Next<(Radius > 2)>();
      sum = hn::Add(sum, held[place]);
      hn::Store(sum, Costs(), sums->rows[row + i] + column);
    }
  }
}

// The costs of a column's pixels, row by row, with all that a trial's extras say about them.
class PixelCostsWithExtras {
 public:
  HWY_INLINE PixelCostsWithExtras(const TileTrial& trial,
                                  const CostScale& scale,
                                  int row,
                                  int column)
      : costs_(trial, scale, row, column),
        style_costs_(StyleTrial(trial), scale, row, column),
        has_style_(trial.extras->source_style != nullptr),
        style_share_(hn::Set(Costs(), ShareOf(trial.extras->style_share))),
        guide_share_(hn::Set(Costs(), ShareOf(16 - trial.extras->style_share))),
        mask_(trial.extras->target_mask == nullptr
                  ? nullptr
                  : trial.extras->target_mask->levels[row][0] + column) {}

  template <bool Shifts>
  HWY_INLINE hn::Vec<Costs> Next() {
    auto cost = costs_.Next<Shifts>();
    if (has_style_) {
      cost = hn::Add(hn::MulHigh(cost, guide_share_),
                     hn::MulHigh(style_costs_.Next<Shifts>(), style_share_));
    }
    if (mask_ != nullptr) {
      const auto mask = hn::BitCast(Costs(), hn::Load(Levels(), mask_));
      cost = hn::IfThenZeroElse(hn::Eq(mask, hn::Zero(Costs())), cost);
      mask_ += std::ptrdiff_t{MatchPlanes::kChannels} * kTileColumns;
    }
    return cost;
  }

 private:
  // Sixteenths of 2^16; all of them are meant for a pair without style alone, which needs none.
  static std::uint16_t ShareOf(int sixteenths) {
    return static_cast<std::uint16_t>(std::min(sixteenths << 12, 0xffff));
  }

  static TileTrial StyleTrial(const TileTrial& trial) {
    TileTrial style = trial;
    if (trial.extras->source_style != nullptr) {
      style.source = trial.extras->source_style;
      style.target = trial.extras->target_style;
    }
    return style;
  }

  PixelCosts costs_;
  PixelCosts style_costs_;
  bool has_style_;
  hn::Vec<Costs> style_share_;
  hn::Vec<Costs> guide_share_;
  const std::int16_t* mask_;
};

// Patches of any size.
template <typename PixelCostsOfTrial>
HWY_INLINE void SumTallColumn(const TileTrial& trial,
                              const CostScale& scale,
                              const Inside& inside,
                              int column,
                              ColumnSums* sums) {
  const int patch_rows = 2 * trial.target->radius + 1;
  PixelCostsOfTrial costs(trial, scale, inside.rows_begin, column);
  // Written before it is read, thousands of times a field.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  alignas(64) std::uint16_t held[kTileRows + 2 * kTrialRadiusMax][kLanes];
  auto sum = hn::Zero(Costs());
  const int row_count = inside.rows_end - inside.rows_begin + patch_rows - 1;
  for (int row = 0; row < row_count; ++row) {
    const auto cost = costs.template Next<true>();
    sum = hn::Add(sum, cost);
    if (row >= patch_rows) {
      sum = hn::Sub(sum, hn::Load(Costs(), held[row - patch_rows]));
    }
    hn::Store(cost, Costs(), held[row]);
    if (row >= patch_rows - 1) {
      hn::Store(sum, Costs(), sums->rows[inside.rows_begin + row - patch_rows + 1] + column);
    }
  }
}

template <int Radius, bool Extras>
HWY_INLINE void SumColumns(const TileTrial& trial,
                           const CostScale& scale,
                           const Inside& inside,
                           ColumnSums* sums) {
  const int columns_end = std::min(
      kTileColumns, (inside.columns_end + kLanes - 1) / kLanes * kLanes + 2 * trial.target->radius);
  for (int column = 0; column < columns_end; column += kLanes) {
    if (Extras) {
      SumTallColumn<PixelCostsWithExtras>(trial, scale, inside, column, sums);
    } else if (Radius == 0 || Radius > 3) {
      SumTallColumn<PixelCosts>(trial, scale, inside, column, sums);
    } else if (inside.AllRows()) {
      SumColumn<Radius, true>(trial, scale, inside, column, sums);
    } else {
      SumColumn<Radius, false>(trial, scale, inside, column, sums);
    }
  }
  std::memset(sums->rows[inside.rows_end], 0, sizeof(std::uint16_t) * 2 * kTrialRadiusMax);
}

// The costs of a row's matches where the source's pixels may be matched.
HWY_INLINE hn::Vec<Costs> Masked(const TileTrial& trial, int row, int column, hn::Vec<Costs> cost) {
  if (trial.extras->source_mask == nullptr) {
    return cost;
  }
  const std::int16_t* const at = trial.extras->source_mask->At(
      0, trial.target->x + trial.dx + column, trial.target->y + trial.dy + row);
  const auto mask = hn::BitCast(Costs(), hn::LoadU(Levels(), at));
  return hn::IfThenElse(hn::Eq(mask, hn::Zero(Costs())), hn::Set(Costs(), kMaskedCost), cost);
}

// Patch: a patch's columns; 0: known at run time only. Whole: every column of the tile is inside.
template <int Patch, bool Whole, bool Extras>
HWY_INLINE void KeepBetter(const TileTrial& trial,
                           const ColumnSums& sums,
                           const Inside inside,
                           TileBest* best) {
  const int patch = Patch > 0 ? Patch : 2 * trial.target->radius + 1;
  const auto candidate = hn::Set(Costs(), trial.candidate);
  const int columns_end = Whole ? kTileColumns : inside.columns_end;
  for (int row = inside.rows_begin; row < inside.rows_end; ++row) {
    for (int column = 0; column < columns_end; column += kLanes) {
      const std::uint16_t* const first = sums.rows[row] + column;
      auto cost = hn::Load(Costs(), first);
      for (int i = 1; i < patch; ++i) {
        cost = hn::Add(cost, hn::LoadU(Costs(), first + i));
      }
      if (Extras) {
        cost = Masked(trial, row, column, cost);
      }
      if (!Whole && !inside.all_columns) {
        cost =
            hn::IfThenElse(Within(inside, column), cost, hn::Set(Costs(), std::uint16_t{0xffff}));
      }
      std::uint16_t* const costs = best->costs[row] + column;
      std::uint16_t* const candidates = best->candidates[row] + column;
      const auto before = hn::Load(Costs(), costs);
      const auto least = hn::Min(cost, before);
      const auto kept = hn::Load(Costs(), candidates);
      hn::Store(least, Costs(), costs);
      hn::Store(hn::IfThenElse(hn::Eq(least, before), kept, candidate), Costs(), candidates);
    }
  }
}

// Radius 0: known at run time only.
template <int Radius, bool Extras = false>
HWY_NOINLINE void TryWithRadius(const TileTrial& trial,
                                const CostScale& scale,
                                const Inside& inside,
                                TileBest* best) {
  constexpr int kPatch = Radius > 0 ? 2 * Radius + 1 : 0;
  // As large as it is read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  ColumnSums sums;
  SumColumns<Radius, Extras>(trial, scale, inside, &sums);
  if (inside.all_columns && inside.columns_end == kTileColumns - 2 * trial.target->radius) {
    KeepBetter<kPatch, true, Extras>(trial, sums, inside, best);
  } else {
    KeepBetter<kPatch, false, Extras>(trial, sums, inside, best);
  }
}

// Radius: 1 to 3.
template <int Radius>
HWY_INLINE void TrySmall(const TileTrial& trial,
                         const CostScale& scale,
                         const Inside& inside,
                         TileBest* best) {
#if HWY_TARGET <= HWY_AVX3
  if (inside.AllRows() && inside.all_columns) {
    TryInRegisters<Radius, true>(trial, scale, inside, best);
  } else {
    TryInRegisters<Radius, false>(trial, scale, inside, best);
  }
#else
  TryWithRadius<Radius>(trial, scale, inside, best);
#endif
}

// Parts of a run of `size` pixels from `at` that lie in 0 .. limit-1, relative to `at`.
HWY_INLINE int Begin(int at) {
  return std::max(0, -at);
}
HWY_INLINE int End(int at, int size, int limit) {
  return std::min(size, limit - at);
}

bool TryOnTile(const TileTrial& trial, const CostScale& scale, TileBest* best) {
  const TargetTile& target = *trial.target;
  const int x = target.x + trial.dx;
  const int y = target.y + trial.dy;
  Inside inside = {Begin(y), End(y, target.height, trial.source->Height()), Begin(x),
                   End(x, target.width, trial.source->Width())};
  if (inside.rows_begin >= inside.rows_end || inside.columns_begin >= inside.columns_end) {
    return false;
  }
  inside.all_columns = inside.columns_begin == 0 && inside.columns_end == target.width;
  if (trial.extras != nullptr) {
    TryWithRadius<0, true>(trial, scale, inside, best);
    return true;
  }
  switch (target.radius) {
    case 1:
      TrySmall<1>(trial, scale, inside, best);
      return true;
    case 2:
      TrySmall<2>(trial, scale, inside, best);
      return true;
    case 3:
      TrySmall<3>(trial, scale, inside, best);
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

// Packs `rows` rows of all channels.
void CopyRows(const std::int16_t* from, std::ptrdiff_t stride, int rows, TargetTile* tile) {
  constexpr int kChannels = MatchPlanes::kChannels;
  for (int row = 0; row < rows * kChannels; ++row) {
    std::int16_t* const to = tile->levels[row / kChannels][row % kChannels];
    for (int column = 0; column < kTileColumns; column += kLanes) {
      hn::Store(hn::LoadU(Levels(), from + column), Levels(), to + column);
    }
    from += stride;
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::deflicker {
namespace {

HWY_EXPORT(CopyRows);
HWY_EXPORT(TryOnTile);

constexpr CostScale ScaleOf(int radius) {
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

constexpr std::array<CostScale, kTrialRadiusMax + 1> AllScales() {
  std::array<CostScale, kTrialRadiusMax + 1> scales = {};
  for (int radius = 1; radius <= kTrialRadiusMax; ++radius) {
    scales[static_cast<std::size_t>(radius)] = ScaleOf(radius);
  }
  return scales;
}

constexpr std::array<CostScale, kTrialRadiusMax + 1> kScales = AllScales();

}  // namespace

CostScale CostScaleOf(int radius) {
  return kScales[static_cast<std::size_t>(radius)];
}

void CopyTarget(const MatchPlanes& target, int x, int y, int radius, TargetTile* tile) {
  tile->x = x;
  tile->y = y;
  tile->width = std::min(kTileColumns - 2 * radius, target.Width() - x);
  tile->height = std::min(kTileRows, target.Height() - y);
  tile->radius = radius;
  HWY_DYNAMIC_DISPATCH(CopyRows)
  (target.At(0, x - radius, y - radius), target.ChannelStride(), tile->height + 2 * radius, tile);
}

bool TryOffset(const TileTrial& trial, TileBest* best) {
  return HWY_DYNAMIC_DISPATCH(TryOnTile)(
      trial, kScales[static_cast<std::size_t>(trial.target->radius)], best);
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
