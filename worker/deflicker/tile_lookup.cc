#include "worker/deflicker/tile_lookup.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/tile_lookup.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {

void LookUpRow(const Offset* table, const std::uint16_t* indices, int count, Offset* found) {
  for (int column = 0; column < count; ++column) {
    found[column] = table[indices[column]];
  }
}

#if HWY_TARGET <= HWY_AVX3
// A table of up to 64 offsets, in four registers.
class OffsetTable {
 public:
  static constexpr std::size_t kSizeMax = 64;

  HWY_INLINE explicit OffsetTable(const std::vector<Offset>& table)
      : parts_{Part(table, 0), Part(table, 1), Part(table, 2), Part(table, 3)} {}

  HWY_INLINE void LookUp(const std::uint16_t* indices, int count, Offset* found) const {
    for (int column = 0; column < count; column += kLanes) {
      const __mmask16 wanted = Lowest(count - column);
      const __m512i index = _mm512_cvtepu16_epi32(
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(indices + column)));
      const __m512i lower = _mm512_permutex2var_epi32(parts_[0], index, parts_[1]);
      const __m512i upper = _mm512_permutex2var_epi32(parts_[2], index, parts_[3]);
      const __mmask16 is_upper = _mm512_test_epi32_mask(index, _mm512_set1_epi32(2 * kLanes));
      _mm512_mask_storeu_epi32(found + column, wanted,
                               _mm512_mask_blend_epi32(is_upper, lower, upper));
    }
  }

 private:
  static constexpr int kLanes = 16;

  static HWY_INLINE __mmask16 Lowest(int count) {
    return static_cast<__mmask16>(count >= kLanes ? 0xffff : count <= 0 ? 0 : (1 << count) - 1);
  }
  static HWY_INLINE __m512i Part(const std::vector<Offset>& table, int part) {
    const int before = part * kLanes;
    const int count = static_cast<int>(table.size()) - before;
    return _mm512_maskz_loadu_epi32(Lowest(count), table.data() + (count > 0 ? before : 0));
  }

  __m512i parts_[4];
};
#endif

void LookUpTile(const std::vector<Offset>& table,
                const TileBest& best,
                const TargetTile& tile,
                std::ptrdiff_t pitch,
                Offset* found) {
#if HWY_TARGET <= HWY_AVX3
  if (table.size() <= OffsetTable::kSizeMax) {
    const OffsetTable offsets(table);
    for (int row = 0; row < tile.height; ++row) {
      offsets.LookUp(best.candidates[row], tile.width, found + row * pitch);
    }
    return;
  }
#endif
  for (int row = 0; row < tile.height; ++row) {
    LookUpRow(table.data(), best.candidates[row], tile.width, found + row * pitch);
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::deflicker {
namespace {

HWY_EXPORT(LookUpTile);

}  // namespace

void LookUp(const std::vector<Offset>& table,
            const TileBest& best,
            const TargetTile& tile,
            std::ptrdiff_t pitch,
            Offset* found) {
  HWY_DYNAMIC_DISPATCH(LookUpTile)(table, best, tile, pitch, found);
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
