// A row of a tile as two vectors, on processors that have vectors so wide. Included once for every
// set of instructions, as Highway has it.

#if defined(WEFT_WORKER_DEFLICKER_TILE_ROW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_WORKER_DEFLICKER_TILE_ROW_INL_H
#undef WEFT_WORKER_DEFLICKER_TILE_ROW_INL_H
#else
#define WEFT_WORKER_DEFLICKER_TILE_ROW_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

#include "worker/deflicker/match_planes.h"

#if HWY_TARGET <= HWY_AVX3
HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using RowTag = hn::CappedTag<std::uint16_t, kTileColumns>;

// Sums of 16 bits: the columns of a tile.
struct TileRow {
  hn::Vec<RowTag> left;
  hn::Vec<RowTag> right;
};

HWY_INLINE TileRow operator+(const TileRow& a, const TileRow& b) {
  return {hn::Add(a.left, b.left), hn::Add(a.right, b.right)};
}
HWY_INLINE TileRow operator-(const TileRow& a, const TileRow& b) {
  return {hn::Sub(a.left, b.left), hn::Sub(a.right, b.right)};
}

// Every column takes what is `Columns` to its right; those that the tile does not have are 0.
template <int Columns>
HWY_INLINE TileRow FromTheRight(const TileRow& row) {
  const auto none = hn::Zero(RowTag());
  if constexpr (Columns % 2 == 0) {
    constexpr int kWords = Columns / 2;
    return {hn::Vec<RowTag>{_mm512_alignr_epi32(row.right.raw, row.left.raw, kWords)},
            hn::Vec<RowTag>{_mm512_alignr_epi32(none.raw, row.right.raw, kWords)}};
  } else {
    static_assert(Columns == 1);
    constexpr int kBlock = 4;  // Words of it; the bytes are shifted within blocks.
    const hn::Vec<RowTag> after_left{_mm512_alignr_epi32(row.right.raw, row.left.raw, kBlock)};
    const hn::Vec<RowTag> after_right{_mm512_alignr_epi32(none.raw, row.right.raw, kBlock)};
    return {hn::CombineShiftRightBytes<2>(RowTag(), after_left, row.left),
            hn::CombineShiftRightBytes<2>(RowTag(), after_right, row.right)};
  }
}

// The sum of 2 * Radius + 1 columns from each on.
template <int Radius>
HWY_INLINE TileRow SumOfColumns(const TileRow& row) {
  const TileRow two = row + FromTheRight<1>(row);
  if constexpr (Radius == 1) {
    return two + FromTheRight<2>(row);
  } else {
    const TileRow four = two + FromTheRight<2>(two);
    if constexpr (Radius == 2) {
      return four + FromTheRight<4>(row);
    } else {
      static_assert(Radius == 3);
      return four + FromTheRight<4>(two) + FromTheRight<6>(row);
    }
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET <= HWY_AVX3

#endif  // The guard of this set of instructions.
