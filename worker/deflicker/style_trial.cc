#include "worker/deflicker/style_trial.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/style_trial.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Errors = hn::CappedTag<std::uint32_t, kTileColumns>;
using Squares = hn::Rebind<std::uint16_t, Errors>;
using Levels = hn::Rebind<std::int16_t, Errors>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Errors()));

// Pixels of two pictures, one at the other moved, from row to row.
class Squared {
 public:
  HWY_INLINE Squared(const MatchPlanes& source, const MatchPlanes& target, const StyleTrial& trial)
      : source_stride_(source.Stride()), target_stride_(target.Stride()) {
    const int x = trial.x - trial.radius;
    const int y = trial.y - trial.radius;
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      sources_[channel] = source.At(channel, x + trial.dx, y + trial.dy);
      targets_[channel] = target.At(channel, x, y);
    }
  }

  [[nodiscard]] HWY_INLINE hn::Vec<Errors> At(int column) const {
    const auto sum = hn::SaturatedAdd(hn::SaturatedAdd(OfChannel(0, column), OfChannel(1, column)),
                                      OfChannel(2, column));
    return hn::PromoteTo(Errors(), sum);
  }

  HWY_INLINE void NextRow() {
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      sources_[channel] += source_stride_;
      targets_[channel] += target_stride_;
    }
  }

 private:
  [[nodiscard]] HWY_INLINE hn::Vec<Squares> OfChannel(int channel, int column) const {
    const auto difference = hn::Sub(hn::LoadU(Levels(), sources_[channel] + column),
                                    hn::LoadU(Levels(), targets_[channel] + column));
    return hn::BitCast(Squares(), hn::Mul(difference, difference));
  }

  const std::int16_t* sources_[MatchPlanes::kChannels] = {};
  const std::int16_t* targets_[MatchPlanes::kChannels] = {};
  std::ptrdiff_t source_stride_;
  std::ptrdiff_t target_stride_;
};

// The rows or columns of a tile whose matches lie in the source.
struct Inside {
  int begin = 0;
  int end = 0;
};

HWY_INLINE Inside PartInside(int at, int size, int limit) {
  return {std::max(0, -at), std::min(size, limit - at)};
}

// One row of the tile. sums: of errors above each other, read beyond the tile's columns.
HWY_INLINE void KeepBetter(const StyleTrial& trial,
                           const std::uint32_t* sums,
                           Inside columns,
                           std::uint32_t* errors,
                           std::uint32_t* trials) {
  const auto number = hn::Set(Errors(), trial.number);
  const auto begin = hn::Set(Errors(), static_cast<std::uint32_t>(columns.begin));
  const auto end = hn::Set(Errors(), static_cast<std::uint32_t>(columns.end));
  for (int column = 0; column < kTileColumns; column += kLanes) {
    auto error = hn::Load(Errors(), sums + column);
    for (int i = 1; i <= 2 * trial.radius; ++i) {
      error = hn::Add(error, hn::LoadU(Errors(), sums + column + i));
    }
    const auto before = hn::Load(Errors(), errors + column);
    const auto at = hn::Iota(Errors(), static_cast<std::uint32_t>(column));
    const auto inside = hn::AndNot(hn::Lt(at, begin), hn::Lt(at, end));
    const auto better = hn::And(hn::Lt(error, before), inside);
    hn::Store(hn::IfThenElse(better, error, before), Errors(), errors + column);
    hn::Store(hn::IfThenElse(better, number, hn::Load(Errors(), trials + column)), Errors(),
              trials + column);
  }
}

bool TryStyledOnTile(const StyleTrial& trial, StyleBest* best) {
  const int patch_rows = 2 * trial.radius + 1;
  const Inside rows = PartInside(trial.y + trial.dy, kTileRows, trial.source_guide->Height());
  const Inside columns =
      PartInside(trial.x + trial.dx, kTileColumns - 2 * trial.radius, trial.source_guide->Width());
  if (rows.begin >= rows.end || columns.begin >= columns.end) {
    return false;
  }
  Squared guides(*trial.source_guide, *trial.target_guide, trial);
  Squared styles(*trial.source_style, *trial.target_style, trial);
  const auto weight = hn::Set(Errors(), static_cast<std::uint32_t>(trial.guide_weight));
  // Every row is written before it is read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  alignas(64) std::uint32_t errors[kTileRows + 2 * kStyleRadiusMax][kTileColumns];
  alignas(64) std::uint32_t sums[kTileColumns + 2 * kStyleRadiusMax] = {};
  for (int row = 0; row < rows.end + patch_rows - 1; ++row) {
    const int done = row - (patch_rows - 1);  // The row whose patches are complete.
    for (int column = 0; column < kTileColumns; column += kLanes) {
      const auto error = hn::Add(hn::Mul(guides.At(column), weight), styles.At(column));
      auto sum = hn::Add(hn::Load(Errors(), sums + column), error);
      if (done > 0) {
        sum = hn::Sub(sum, hn::Load(Errors(), errors[done - 1] + column));
      }
      hn::Store(error, Errors(), errors[row] + column);
      hn::Store(sum, Errors(), sums + column);
    }
    guides.NextRow();
    styles.NextRow();
    if (done >= rows.begin) {
      KeepBetter(trial, sums, columns, best->errors[done], best->trials[done]);
    }
  }
  return true;
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::deflicker {

HWY_EXPORT(TryStyledOnTile);

bool TryStyled(const StyleTrial& trial, StyleBest* best) {
  return HWY_DYNAMIC_DISPATCH(TryStyledOnTile)(trial, best);
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
