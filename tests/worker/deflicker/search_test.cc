#include "worker/deflicker/search.h"

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

// The error as the header defines it, in 64 bits.
std::int64_t PlainError(const PatchPair& pair,
                        Position target,
                        Position source,
                        const SearchStep& step) {
  const int radius = step.patch_size / 2;
  std::int64_t error = 0;
  for (int dy = -radius; dy <= radius; ++dy) {
    for (int dx = -radius; dx <= radius; ++dx) {
      for (int channel = 0; channel < 3; ++channel) {
        const std::int64_t guide = pair.source_guide.At(source.x + dx, source.y + dy)[channel] -
                                   pair.target_guide.At(target.x + dx, target.y + dy)[channel];
        const std::int64_t style = pair.source_style.At(source.x + dx, source.y + dy)[channel] -
                                   pair.target_style.At(target.x + dx, target.y + dy)[channel];
        error += step.guide_weight * guide * guide + style * style;
      }
    }
  }
  return error;
}

struct Pictures {
  Pictures(int width, int height, int padding)
      : source_guide(NoiseFrame(width, height, 1), padding),
        source_style(NoiseFrame(width, height, 2), padding),
        target_guide(NoiseFrame(width, height, 3), padding),
        target_style(NoiseFrame(width, height, 4), padding) {}

  [[nodiscard]] PatchPair pair() const {
    return {source_guide, source_style, target_guide, target_style};
  }

  PaddedImage source_guide;
  PaddedImage source_style;
  PaddedImage target_guide;
  PaddedImage target_style;
};

TEST(Search, NeverTakesAWorseMatchAndOftenFindsABetterOne) {
  const Pictures pictures(33, 21, 10);
  for (int patch_size = kPatchSizeMin; patch_size <= kPatchSizeMax; patch_size += 2) {
    SCOPED_TRACE(patch_size);
    const SearchStep step{patch_size, std::min(10, GuideWeightMax(patch_size)), 1};
    const Field before(33, 21);
    const Field after = Improved(pictures.pair(), before, step, {});
    int better_count = 0;
    for (std::int16_t y = 0; y < 21; ++y) {
      for (std::int16_t x = 0; x < 33; ++x) {
        const std::int64_t was = PlainError(pictures.pair(), {x, y}, before.At(x, y), step);
        const std::int64_t is = PlainError(pictures.pair(), {x, y}, after.At(x, y), step);
        ASSERT_EQ(is < was, before.At(x, y) != after.At(x, y));
        better_count += is < was ? 1 : 0;
      }
    }
    EXPECT_GT(better_count, 300);
  }
}

TEST(Search, SpreadsAPerfectMatchToTheNeighboursAtItsDistance) {
  const int width = 40;
  const int height = 24;
  const PaddedImage source(NoiseFrame(width, height, 1), 2);
  Frame moved = PlainFrame(width, height, 0);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const std::int16_t* const from = source.At(std::max(x - 15, 0), y);
      std::copy_n(from, 3, moved.rgb.begin() + (y * width + x) * 3);
    }
  }
  const PaddedImage target(moved, 2);
  Field field(width, height);
  field.Set(30, 12, {15, 12});
  const Field spread = Improved({source, source, target, target}, field, {5, 10, 4}, {});
  for (const auto& [x, y] :
       {std::pair(26, 12), std::pair(34, 12), std::pair(30, 8), std::pair(30, 16)}) {
    EXPECT_EQ(spread.At(x, y).x, x - 15);
    EXPECT_EQ(spread.At(x, y).y, y);
  }
  EXPECT_NE(spread.At(28, 12).x, 28 - 15);
}

TEST(Search, DrawsOtherNumbersForEveryNameOfASearch) {
  const Pictures pictures(33, 21, 10);
  const auto improved = [&](const SearchNumber& number) {
    const Field field = Improved(pictures.pair(), Field(33, 21), {5, 10, 1}, number);
    std::vector<int> places;
    for (int y = 0; y < 21; ++y) {
      for (int x = 0; x < 33; ++x) {
        places.push_back(field.At(x, y).y * 33 + field.At(x, y).x);
      }
    }
    return places;
  };
  const auto first = improved({7, 1, 2, 3, 4});
  EXPECT_EQ(first, improved({7, 1, 2, 3, 4}));
  EXPECT_NE(first, improved({std::uint64_t{7} << 32, 1, 2, 3, 4}));
  EXPECT_NE(first, improved({8, 1, 2, 3, 4}));
  EXPECT_NE(first, improved({7, 2, 1, 3, 4}));
  EXPECT_NE(first, improved({7, 1, 2, 4, 3}));
}

TEST(Search, HoldsTheLargestErrorsThatTheGuideWeightAllows) {
  // Everything is as wrong as can be: an error that overflowed would look like a good match.
  const PaddedImage black(PlainFrame(30, 30, 0), 10);
  Frame one_white = PlainFrame(30, 30, 255);
  one_white.rgb[0] = 254;
  const PaddedImage white(one_white, 10);
  for (const int patch_size : {5, 21}) {
    const SearchStep step{patch_size, GuideWeightMax(patch_size), 1};
    const PatchPair pair{black, black, white, white};
    const Field field = Improved(pair, Field(30, 30), step, {});
    for (int y = 0; y < 30; ++y) {
      for (int x = 0; x < 30; ++x) {
        ASSERT_EQ(field.At(x, y), Field(30, 30).At(x, y));
      }
    }
  }
  EXPECT_GE(GuideWeightMax(21), 10);
}

}  // namespace
}  // namespace weft::deflicker
