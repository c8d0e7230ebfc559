// The votes of a block with small patches, with who has which offset as bits, on processors whose
// vectors are masked by such. Included once for every set of instructions, as Highway has it.

#if defined(WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H
#undef WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H
#else
#define WEFT_WORKER_DEFLICKER_TILE_VOTE_MASKS_INL_H
#endif

#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_row-inl.h"
#include "worker/deflicker/vote_sums.h"
#include "worker/deflicker/voters.h"

#if HWY_TARGET <= HWY_AVX3
HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The voters of a block, in the rows and columns of Voters.
template <int Radius>
class MaskedVoters {
 public:
  MaskedVoters(const OffsetField& field, const VoteBlock& block)
      : first_{block.x - Radius, block.y - Radius},
        rows_end_(kAround + block.height),
        row_(kAround) {
    const std::uint64_t voters = ~std::uint64_t{0} >> (kWord - block.width);
    for (int row = kAround; row < rows_end_; ++row) {
      rest_[row] = voters << kAround;
      const Offset* const from = &field.offsets[field.Index(block.x, block.y + row - kAround)];
      for (int i = 0; i < kVectors; ++i) {
        const auto mask = static_cast<__mmask16>(voters >> (i * kKeys));
        _mm512_store_si512(keys_[row] + i * kKeys,
                           _mm512_maskz_loadu_epi32(mask, from + i * kKeys));
      }
    }
  }

  // The next offset that some voter has and that was not met yet. False: there is none.
  HWY_INLINE bool Next() {
    while (row_ < rows_end_ && rest_[row_] == 0) {
      ++row_;
    }
    if (row_ == rows_end_) {
      return false;
    }
    const std::uint32_t key = keys_[row_][__builtin_ctzll(rest_[row_]) - kAround];
    std::memcpy(&offset_, &key, sizeof(offset_));
    FindVoters(_mm512_set1_epi32(static_cast<int>(key)));
    return true;
  }

  // Adds what the voters of the offset say: to the columns that they reach, a vector at a time.
  HWY_INLINE void Add(const MatchPlanes& source, VoteSums* sums) const {
    const int last = kWord - 1 - __builtin_clzll(any_);
    for (int column = __builtin_ctzll(any_) - kAround; column <= last; column += kLanes) {
      if (last < column + kLanes) {
        AddVector<false>(source, column, sums);
      } else {
        AddVector<true>(source, column, sums);
      }
    }
  }

 private:
  static constexpr int kAround = 2 * Radius;
  static constexpr int kRows = kTileRows + 2 * kAround;
  static constexpr int kKeys = 16;  // Of a vector.
  static constexpr int kVectors = kTileColumns / kKeys;
  static constexpr int kLanes = 32;  // Columns of a vector of sums.
  static constexpr int kWord = 64;
  static_assert(kTileColumns == kWord);

  HWY_INLINE void FindVoters(__m512i key) {
    for (int row = row_ - kAround; row < row_; ++row) {
      found_[row] = 0;
    }
    any_ = 0;
    for (int row = row_; row < rows_end_; ++row) {
      const auto equal = [&](int i) {
        return std::uint64_t{
            _mm512_cmpeq_epi32_mask(_mm512_load_si512(keys_[row] + i * kKeys), key)};
      };
      const std::uint64_t all =
          equal(0) | equal(1) << kKeys | equal(2) << (2 * kKeys) | equal(3) << (3 * kKeys);
      const std::uint64_t found = all << kAround & rest_[row];
      rest_[row] ^= found;
      any_ |= found;
      found_[row] = found;
      found_end_ = found != 0 ? row + 1 : found_end_;
    }
  }

  // Two: voters lie beyond the vector's columns, too.
  template <bool Two>
  HWY_INLINE void AddVector(const MatchPlanes& source, int column, VoteSums* sums) const {
    const int row_begin = row_ - kAround;
    TileRow counts = {hn::Zero(RowTag()), hn::Zero(RowTag())};
    for (int row = row_begin; row < row_; ++row) {
      Count<Two, true>(row, column, &counts);
    }
    const std::int16_t* values =
        source.At(0, first_.x + offset_.dx + column, first_.y + offset_.dy + row_begin);
    for (int row = row_begin; row < found_end_; ++row) {
      Count<Two, true>(row + kAround, column, &counts);
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
    const std::uint64_t bits = found_[row] >> column;
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

  alignas(64) std::uint32_t keys_[kRows][kVectors * kKeys];  // Offset::Key(); column kAround first.
  // Bit c is column c: voters whose offsets were not met yet, and those of the one at hand.
  std::uint64_t rest_[kRows] = {};
  std::uint64_t found_[kRows] = {};
  std::uint64_t any_ = 0;  // Of all rows of found_.
  struct {
    int x;
    int y;
  } first_;  // The first pixel that is reached.
  Offset offset_;
  int rows_end_;
  int row_;  // The first with a voter.
  int found_end_ = 0;
};

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET <= HWY_AVX3

#endif  // The guard of this set of instructions.
