// The votes of small patches on a tile, with who has which offset as bits, on processors whose
// vectors are masked by such. Included once for every set of instructions, as Highway has it.

#if defined(WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H
#undef WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H
#else
#define WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_row-inl.h"
#include "worker/deflicker/voters.h"

#if HWY_TARGET <= HWY_AVX3
HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The voters of a tile, row 0 and column 0 being `Radius` above and left of its first pixel.
template <int Radius>
class MaskedVoters {
 public:
  MaskedVoters(const OffsetField& field, const VoteTile& tile) {
    const int begin = std::max(0, Radius - tile.x);
    const int end = std::min(kTileColumns + 2 * Radius, field.width - tile.x + Radius);
    const std::uint64_t inside_low = Bits(begin, std::min(end, kWord));
    const auto inside_high = static_cast<std::uint32_t>(Bits(0, std::max(end - kWord, 0)));
    for (int row = 0; row < kRows; ++row) {
      const int y = tile.y - Radius + row;
      if (y < 0 || y >= field.height) {
        continue;
      }
      rest_low_[row] = inside_low;
      rest_high_[row] = inside_high;
      const Offset* const from = field.offsets.data() + field.Index(0, y) + (tile.x - Radius);
      for (int i = 0; i < kVectors; ++i) {
        const std::uint64_t lanes = i < kVectors - 1 ? inside_low >> (i * kKeys) : inside_high;
        const auto mask = static_cast<__mmask16>(lanes);
        _mm512_store_si512(keys_[row] + i * kKeys,
                           _mm512_maskz_loadu_epi32(mask, from + i * kKeys));
      }
    }
  }

  // The next offset that some voter has and that was not met yet. False: there is none.
  HWY_INLINE bool Next() {
    while (row_ < kRows && (rest_low_[row_] | rest_high_[row_]) == 0) {
      ++row_;
    }
    if (row_ == kRows) {
      return false;
    }
    const std::uint32_t key = keys_[row_][FirstOf(rest_low_[row_], rest_high_[row_])];
    std::memcpy(&offset_, &key, sizeof(offset_));
    FindVoters(_mm512_set1_epi32(static_cast<int>(key)));
    return true;
  }

  // Adds what the voters of the offset say: to the columns that they reach, a vector at a time.
  HWY_INLINE void Add(const MatchPlanes& source, const VoteTile& tile, VoteSums* sums) const {
    const int first = FirstOf(any_low_, any_high_);
    const int last = any_high_ != 0 ? 2 * kWord - 1 - __builtin_clzll(any_high_)
                                    : kWord - 1 - __builtin_clzll(any_low_);
    for (int column = std::max(0, first - 2 * Radius); column <= std::min(last, kTileColumns - 1);
         column += kLanes) {
      if (last < column + kLanes) {
        AddVector<false>(source, tile, column, sums);
      } else {
        AddVector<true>(source, tile, column, sums);
      }
    }
  }

 private:
  static constexpr int kRows = kTileRows + 2 * Radius;
  static constexpr int kKeys = 16;  // Of a vector.
  static constexpr int kVectors = kTileColumns / kKeys + 1;
  static constexpr int kLanes = 32;  // Columns of a vector of sums.
  static constexpr int kWord = 64;
  static_assert(kTileColumns == kWord && 2 * Radius <= kKeys);

  // Bits begin .. end-1.
  static std::uint64_t Bits(int begin, int end) {
    return begin >= end ? 0 : (~std::uint64_t{0} >> (kWord - (end - begin))) << begin;
  }

  static int FirstOf(std::uint64_t low, std::uint64_t high) {
    return low != 0 ? __builtin_ctzll(low) : kWord + __builtin_ctzll(high);
  }

  // From row_ on; none above.
  HWY_INLINE void FindVoters(__m512i key) {
    for (int row = std::max(0, row_ - 2 * Radius); row < row_; ++row) {
      low_[row] = 0;
      high_[row] = 0;
    }
    any_low_ = 0;
    any_high_ = 0;
    for (int row = row_; row < kRows; ++row) {
      const auto equal = [&](int i) {
        return std::uint64_t{
            _mm512_cmpeq_epi32_mask(_mm512_load_si512(keys_[row] + i * kKeys), key)};
      };
      const std::uint64_t low =
          (equal(0) | equal(1) << kKeys | equal(2) << (2 * kKeys) | equal(3) << (3 * kKeys)) &
          rest_low_[row];
      const auto high = static_cast<std::uint32_t>(equal(kVectors - 1)) & rest_high_[row];
      rest_low_[row] ^= low;
      rest_high_[row] ^= high;
      any_low_ |= low;
      any_high_ |= high;
      low_[row] = low;
      high_[row] = high;
      row_end_ = (low | high) != 0 ? row + 1 : row_end_;
    }
  }

  // Two: voters lie beyond the vector's columns, too.
  template <bool Two>
  HWY_INLINE void AddVector(const MatchPlanes& source,
                            const VoteTile& tile,
                            int column,
                            VoteSums* sums) const {
    const int row_begin = std::max(0, row_ - 2 * Radius);
    const int row_end = std::min(kTileRows, row_end_);
    TileRow counts = {hn::Zero(RowTag()), hn::Zero(RowTag())};
    for (int row = row_begin; row < row_begin + 2 * Radius; ++row) {
      Count<Two, true>(row, column, &counts);
    }
    const std::int16_t* values =
        source.At(0, tile.x + offset_.dx + column, tile.y + offset_.dy + row_begin);
    for (int row = row_begin; row < row_end; ++row) {
      Count<Two, true>(row + 2 * Radius, column, &counts);
      const auto count = SumOfColumns<Radius>(counts).left;
      Count<Two, false>(row, column, &counts);
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        std::uint16_t* const sum = sums->rows[row][channel] + column;
        const auto value = hn::BitCast(RowTag(), hn::LoadU(hn::RebindToSigned<RowTag>(), values));
        hn::StoreU(hn::Add(hn::LoadU(RowTag(), sum), hn::Mul(count, value)), RowTag(), sum);
        values += source.ChannelStride();
      }
    }
  }

  // One more, or one less, for each voter of a row, from `column` on.
  template <bool Two, bool More>
  HWY_INLINE void Count(int row, int column, TileRow* counts) const {
    // In two steps, as no shift goes as far as a word has bits.
    const std::uint64_t bits = low_[row] >> column | std::uint64_t{high_[row]}
                                                         << 1U << (kWord - 1 - column);
    const auto count = [](hn::Vec<RowTag>* counted, std::uint64_t of) {
      const auto mask = static_cast<__mmask32>(of);
      const __m512i one = _mm512_set1_epi16(1);
      counted->raw = More ? _mm512_mask_add_epi16(counted->raw, mask, counted->raw, one)
                          : _mm512_mask_sub_epi16(counted->raw, mask, counted->raw, one);
    };
    count(&counts->left, bits);
    if (Two) {
      count(&counts->right, bits >> kLanes);
    }
  }

  alignas(64) std::uint32_t keys_[kRows][kVectors * kKeys];  // Offset::Key()
  // Bit c is column c, or 64 + c: whose offsets were not met yet, and whose are the one at hand.
  std::uint64_t rest_low_[kRows] = {};
  std::uint32_t rest_high_[kRows] = {};
  std::uint64_t low_[kRows];
  std::uint32_t high_[kRows];
  std::uint64_t any_low_;  // Of all rows.
  std::uint32_t any_high_;
  Offset offset_;
  int row_ = 0;  // The first with a voter.
  int row_end_ = 0;
};

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET <= HWY_AVX3

#endif  // The guard of this set of instructions.
