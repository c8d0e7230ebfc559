// What the ways of a trial share. Included once for every set of instructions, as Highway has it.

#if defined(WEFT_WORKER_DEFLICKER_TILE_TRIAL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_WORKER_DEFLICKER_TILE_TRIAL_INL_H
#undef WEFT_WORKER_DEFLICKER_TILE_TRIAL_INL_H
#else
#define WEFT_WORKER_DEFLICKER_TILE_TRIAL_INL_H
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "worker/deflicker/tile_trial.h"

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Costs = hn::CappedTag<std::uint16_t, kTileColumns>;
using Levels = hn::RebindToSigned<Costs>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Costs()));

// The rows and columns of the tile whose pixels and matches exist.
struct Inside {
  int rows_begin = 0;
  int rows_end = 0;
  int columns_begin = 0;
  int columns_end = 0;
  bool all_columns = false;  // Columns that are computed but not inside do not matter.

  [[nodiscard]] bool AllRows() const { return rows_begin == 0 && rows_end == kTileRows; }
};

// A column of vectors of the two pictures, from the first row that the patches of row `row` cover.
class PixelCosts {
 public:
  HWY_INLINE PixelCosts(const TileTrial& trial, const CostScale& scale, int row, int column)
      : source_(trial.source->At(0,
                                 trial.target->x - trial.target->radius + column + trial.dx,
                                 trial.target->y - trial.target->radius + row + trial.dy)),
        target_(trial.target->levels[row][0] + column),
        source_channel_(trial.source->ChannelStride()),
        shift_(scale.shift),
        limit_(hn::Set(Costs(), scale.limit)) {}

  // The costs of the next row. Shifts: whether scale.shift may be other than 0.
  template <bool Shifts>
  HWY_INLINE hn::Vec<Costs> Next() {
    auto cost = hn::SaturatedAdd(hn::SaturatedAdd(Squared(0), Squared(1)), Squared(2));
    if (Shifts) {
      cost = hn::ShiftRightSame(cost, shift_);
    }
    source_ += MatchPlanes::kChannels * source_channel_;
    target_ += std::ptrdiff_t{MatchPlanes::kChannels} * kTileColumns;
    return hn::Min(cost, limit_);
  }

 private:
  [[nodiscard]] HWY_INLINE hn::Vec<Costs> Squared(int channel) const {
    const auto difference =
        hn::Sub(hn::LoadU(Levels(), source_ + channel * source_channel_),
                hn::Load(Levels(), target_ + std::ptrdiff_t{channel} * kTileColumns));
    return hn::BitCast(Costs(), hn::Mul(difference, difference));
  }

  const std::int16_t* source_;
  const std::int16_t* target_;
  std::ptrdiff_t source_channel_;
  int shift_;
  hn::Vec<Costs> limit_;
};

// Whether the pixels of the vector at `column` are inside.
HWY_INLINE hn::Mask<Costs> Within(const Inside& inside, int column) {
  const auto at = hn::Iota(Costs(), static_cast<std::uint16_t>(column));
  const auto begin = hn::Set(Costs(), static_cast<std::uint16_t>(inside.columns_begin));
  const auto end = hn::Set(Costs(), static_cast<std::uint16_t>(inside.columns_end));
  return hn::AndNot(hn::Lt(at, begin), hn::Lt(at, end));
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // The guard of this set of instructions.
