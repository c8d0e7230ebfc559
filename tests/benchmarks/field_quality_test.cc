#include "tests/benchmarks/field_quality.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/benchmarks/flow_file.h"
#include "tests/benchmarks/test_noise.h"
#include "tests/worker/eval/test_pan.h"

namespace weft::bench {
namespace {

// Every pixel on the one that is so far off.
MatchField ShiftedField(int width, int height, int x_off, int y_off) {
  MatchField field{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      field.matches.push_back({x + x_off, y + y_off});
    }
  }
  return field;
}

TEST(PatchMse, IsTheSquareOfAnEvenDifferenceWithEveryPatchSize) {
  const Frame picture = eval::PanFrame(20, 10, 0, 0);
  const Frame brighter = eval::Brighter(picture, 3);
  const MatchField field = ShiftedField(20, 10, 0, 0);
  for (const int patch_size : {1, 5, 7}) {
    EXPECT_DOUBLE_EQ(PatchMse(picture, brighter, field, patch_size), 9) << patch_size;
  }
}

TEST(PatchMse, CountsAPixelOnceForEveryPatchThatHoldsIt) {
  const Frame black{5, 5, std::vector<std::uint8_t>(75, 0)};
  Frame dot = black;
  dot.rgb[36] = 30;  // The middle pixel's red.
  const MatchField field = ShiftedField(5, 5, 0, 0);
  // In 1 patch of 1x1, in 9 of 3x3.
  EXPECT_DOUBLE_EQ(PatchMse(black, dot, field, 1), 900.0 / (25 * 3));
  EXPECT_DOUBLE_EQ(PatchMse(black, dot, field, 3), 9 * 900.0 / (25 * 3 * 9));
}

TEST(PatchMse, RepeatsEdgePixelsBeyondTheEdge) {
  const Frame black{3, 3, std::vector<std::uint8_t>(27, 0)};
  Frame corner = black;
  corner.rgb[0] = 30;
  // The corner's own patch holds it 4 times, those beside it 2 times, the middle one once.
  EXPECT_DOUBLE_EQ(PatchMse(black, corner, ShiftedField(3, 3, 0, 0), 3),
                   (4 + 2 + 2 + 1) * 900.0 / (9 * 3 * 9));
}

TEST(EndpointError, IsTheMeanDistanceOfWhatIsKnown) {
  cv::Mat2f flow(4, 6, cv::Vec2f(1, 2));
  flow(0, 0) = {kUnknownMotion, kUnknownMotion};
  flow(0, 1) = {std::numeric_limits<float>::quiet_NaN(), 0};
  EXPECT_DOUBLE_EQ(EndpointError(ShiftedField(6, 4, 1, 2), flow), 0);
  EXPECT_DOUBLE_EQ(EndpointError(ShiftedField(6, 4, 4, 6), flow), 5);
  flow(3, 5) = {1 + 3 * 22, 2 + 4 * 22};
  EXPECT_DOUBLE_EQ(EndpointError(ShiftedField(6, 4, 1, 2), flow), 5);
}

TEST(Unused, CountsWhatNoPixelIsMatchedWith) {
  EXPECT_DOUBLE_EQ(Unused(ShiftedField(6, 4, 0, 0)), 0);
  MatchField field{2, 2, {{1, 1}, {1, 1}, {0, 1}, {1, 1}}};
  EXPECT_DOUBLE_EQ(Unused(field), 0.5);
}

}  // namespace
}  // namespace weft::bench
