#include "worker/deflicker/search.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <limits>

#include <Random123/philox.h>

#include "worker/deflicker/instruction_sets.h"

namespace weft::deflicker {
namespace {

constexpr int kChannels = PaddedImage::kChannels;

// Sixteen values at once, in whatever registers the processor has (an extension of GCC and Clang).
// They are read where arrays of values lie, hence may_alias.
constexpr int kLanes = 16;
using Values = std::int16_t __attribute__((vector_size(32), may_alias));
using UnalignedValues = std::int16_t __attribute__((vector_size(32), may_alias, aligned(2)));
using Squares = std::uint16_t __attribute__((vector_size(32)));
using Sums = std::uint32_t __attribute__((vector_size(32)));

// A row of a patch is read in whole vectors; this hides what follows the row in the last one.
template <int PatchSize>
struct RowMask {
  static constexpr int kSize = (PatchSize * kChannels + kLanes - 1) / kLanes * kLanes;

  constexpr RowMask() {
    for (int i = 0; i < PatchSize * kChannels; ++i) {
      lanes[i] = -1;
    }
  }

  alignas(32) std::int16_t lanes[kSize] = {};
};

template <int PatchSize>
constexpr RowMask<PatchSize> kRowMask;

// The sum of squared differences of two patches that begin at a and b.
template <int PatchSize>
WEFT_ALWAYS_INLINE std::int32_t SquaredDifference(const std::int16_t* a,
                                                  std::ptrdiff_t a_stride,
                                                  const std::int16_t* b,
                                                  std::ptrdiff_t b_stride) {
  Sums sums{};
  for (int y = 0; y < PatchSize; ++y, a += a_stride, b += b_stride) {
    for (std::ptrdiff_t offset = 0; offset < RowMask<PatchSize>::kSize; offset += kLanes) {
      const auto& a_values = *reinterpret_cast<const UnalignedValues*>(a + offset);
      const auto& b_values = *reinterpret_cast<const UnalignedValues*>(b + offset);
      const auto& mask = *reinterpret_cast<const Values*>(kRowMask<PatchSize>.lanes + offset);
      // 255 squared fits in 16 bits without a sign; pairs of squares are then added in 32 bits.
      const auto difference = reinterpret_cast<Squares>((a_values - b_values) & mask);
      const auto pairs = reinterpret_cast<Sums>(difference * difference);
      sums += (pairs & 0xffff) + (pairs >> 16);
    }
  }
  sums += __builtin_shufflevector(sums, sums, 4, 5, 6, 7, 0, 1, 2, 3);
  sums += __builtin_shufflevector(sums, sums, 2, 3, 0, 1, 6, 7, 4, 5);
  return static_cast<std::int32_t>(sums[0] + sums[1]);
}

Position Clamped(int x, int y, const Field& field) {
  return PositionAt(std::clamp(x, 0, field.Width() - 1), std::clamp(y, 0, field.Height() - 1));
}

r123::Philox4x32::ctr_type RandomWords(const SearchNumber& number, std::uint32_t pixel) {
  const std::uint32_t step = std::uint32_t{number.level} << 16 | number.iteration;
  constexpr int kRounds = 7;  // The fewest that pass every statistical test (Salmon et al. 2011).
  return philox4x32_R(
      kRounds, {{pixel, step, number.source, number.target}},
      {{static_cast<std::uint32_t>(number.seed), static_cast<std::uint32_t>(number.seed >> 32)}});
}

// Uniform in -radius .. radius. REQUIRES: bits < 2^16.
int Spread(std::uint32_t bits, int radius) {
  return static_cast<int>(bits * static_cast<std::uint32_t>(2 * radius + 1) >> 16) - radius;
}

// The best match of one target pixel so far.
template <int PatchSize>
class PixelSearch {
 public:
  WEFT_ALWAYS_INLINE PixelSearch(const PatchPair& pair, int guide_weight, Position target)
      : pair_(pair), guide_weight_(guide_weight), target_(target) {}

  WEFT_ALWAYS_INLINE void Try(Position candidate) {
    if (candidate == best_ || candidate == rejected_) {
      return;
    }
    const std::int32_t error = ErrorOf(candidate);
    if (error < error_) {
      error_ = error;
      rejected_ = best_;
      best_ = candidate;
    } else {
      rejected_ = candidate;
    }
  }

  [[nodiscard]] Position Best() const { return best_; }
  [[nodiscard]] bool Perfect() const { return error_ == 0; }

 private:
  static constexpr Position kNowhere{-1, -1};

  // Leaves early, with some number that is not smaller, once it cannot beat the best.
  [[nodiscard]] WEFT_ALWAYS_INLINE std::int32_t ErrorOf(Position candidate) const {
    const std::int32_t guides =
        guide_weight_ * Difference(pair_.source_guide, candidate, pair_.target_guide);
    if (guides >= error_) {
      return guides;
    }
    return guides + Difference(pair_.source_style, candidate, pair_.target_style);
  }

  [[nodiscard]] WEFT_ALWAYS_INLINE std::int32_t Difference(const PaddedImage& source,
                                                           Position match,
                                                           const PaddedImage& target) const {
    constexpr int kRadius = PatchSize / 2;
    return SquaredDifference<PatchSize>(
        source.At(match.x - kRadius, match.y - kRadius), source.Stride(),
        target.At(target_.x - kRadius, target_.y - kRadius), target.Stride());
  }

  const PatchPair& pair_;
  std::int32_t guide_weight_;
  Position target_;
  Position best_ = kNowhere;
  Position rejected_ = kNowhere;  // The latest: neighbours often propose the same place again.
  std::int32_t error_ = std::numeric_limits<std::int32_t>::max();
};

template <int PatchSize>
WEFT_ALWAYS_INLINE void TryNeighbours(const Field& field,
                                      Position pixel,
                                      int distance,
                                      PixelSearch<PatchSize>* search) {
  const int steps[4][2] = {{0, -distance}, {-distance, 0}, {0, distance}, {distance, 0}};
  for (const auto& [dx, dy] : steps) {
    const int x = pixel.x + dx;
    const int y = pixel.y + dy;
    if (x >= 0 && x < field.Width() && y >= 0 && y < field.Height()) {
      const Position match = field.At(x, y);
      search->Try(Clamped(match.x - dx, match.y - dy, field));
    }
  }
}

template <int PatchSize>
WEFT_ALWAYS_INLINE void TryRandom(const Field& field,
                                  const r123::Philox4x32::ctr_type& words,
                                  PixelSearch<PatchSize>* search) {
  constexpr int kRadii[] = {4, 2, 1};
  std::size_t next_word = 0;
  for (const int radius : kRadii) {
    const std::uint32_t word = words[next_word++];
    const Position best = search->Best();
    search->Try(Clamped(best.x + Spread(word & 0xffff, radius), best.y + Spread(word >> 16, radius),
                        field));
  }
}

template <int PatchSize>
WEFT_ALWAYS_INLINE Position BestMatch(const PatchPair& pair,
                                      const Field& field,
                                      Position pixel,
                                      const SearchStep& step,
                                      const SearchNumber& number) {
  PixelSearch<PatchSize> search(pair, step.guide_weight, pixel);
  search.Try(field.At(pixel.x, pixel.y));
  if (!search.Perfect()) {
    const int index = pixel.y * field.Width() + pixel.x;
    TryNeighbours(field, pixel, step.distance, &search);
    TryRandom(field, RandomWords(number, static_cast<std::uint32_t>(index)), &search);
  }
  return search.Best();
}

template <int PatchSize>
WEFT_ALWAYS_INLINE Field ImproveAll(const PatchPair& pair,
                                    const Field& field,
                                    const SearchStep& step,
                                    const SearchNumber& number) {
  Field improved = field;
  for (int y = 0; y < field.Height(); ++y) {
    for (int x = 0; x < field.Width(); ++x) {
      improved.Set(x, y, BestMatch<PatchSize>(pair, field, PositionAt(x, y), step, number));
    }
  }
  return improved;
}

// One function for all sizes, because function templates cannot have versions for vector units.
WEFT_FOR_EVERY_VECTOR_UNIT Field ImproveAllOfSize(const PatchPair& pair,
                                                  const Field& field,
                                                  const SearchStep& step,
                                                  const SearchNumber& number) {
  switch (step.patch_size) {
    case 1:
      return ImproveAll<1>(pair, field, step, number);
    case 3:
      return ImproveAll<3>(pair, field, step, number);
    case 5:
      return ImproveAll<5>(pair, field, step, number);
    case 7:
      return ImproveAll<7>(pair, field, step, number);
    case 9:
      return ImproveAll<9>(pair, field, step, number);
    case 11:
      return ImproveAll<11>(pair, field, step, number);
    case 13:
      return ImproveAll<13>(pair, field, step, number);
    case 15:
      return ImproveAll<15>(pair, field, step, number);
    case 17:
      return ImproveAll<17>(pair, field, step, number);
    case 19:
      return ImproveAll<19>(pair, field, step, number);
    default:
      return ImproveAll<kPatchSizeMax>(pair, field, step, number);
  }
}

}  // namespace

int GuideWeightMax(int patch_size) {
  const int largest_sum = patch_size * patch_size * kChannels * 255 * 255;
  return std::numeric_limits<std::int32_t>::max() / largest_sum - 1;
}

Field Improved(const PatchPair& pair,
               const Field& field,
               const SearchStep& step,
               const SearchNumber& number) {
  assert(step.patch_size >= kPatchSizeMin && step.patch_size <= kPatchSizeMax);
  assert(step.patch_size % 2 == 1 && step.distance > 0);
  assert(step.guide_weight >= 0 && step.guide_weight <= GuideWeightMax(step.patch_size));
  return ImproveAllOfSize(pair, field, step, number);
}

}  // namespace weft::deflicker
