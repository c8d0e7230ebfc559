#include "worker/deflicker/patch_match.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "worker/deflicker/remap.h"

namespace weft::deflicker {
namespace {

Field FieldBetween(const Frame& source, const Frame& target, const DeflickerOptions& options) {
  return FindField(PrepareFrame(0, source, source, options),
                   PrepareFrame(1, target, target, options), options);
}

// The share of pixels, `margin` or more away from the edge, that match within a pixel of where
// `place(x, y)` says.
template <typename Place>
double ShareFound(const Field& field, int margin, const Place& place) {
  int found = 0;
  int count = 0;
  for (int y = margin; y < field.Height() - margin; ++y) {
    for (int x = margin; x < field.Width() - margin; ++x) {
      const auto [true_x, true_y] = place(x, y);
      const Position match = field.At(x, y);
      found += std::hypot(match.x - true_x, match.y - true_y) <= 1.0 ? 1 : 0;
      ++count;
    }
  }
  return static_cast<double>(found) / count;
}

TEST(PatchMatch, FindsEveryPixelInItsPlaceBetweenEqualFrames) {
  const Frame frame = PatternFrame(97, 61, 0, 0);
  const Field field = FieldBetween(frame, frame, {});
  EXPECT_EQ(ShareFound(field, 0, [](int x, int y) { return std::pair(x, y); }), 1.0);
}

TEST(PatchMatch, RecoversATranslation) {
  const Field field = FieldBetween(PatternFrame(160, 120, 0, 0), PatternFrame(160, 120, 9, -6), {});
  EXPECT_GT(ShareFound(field, 12, [](int x, int y) { return std::pair(x + 9, y - 6); }), 0.97);
}

TEST(PatchMatch, RecoversARotation) {
  const double angle = 0.06;
  const Field field =
      FieldBetween(PatternFrame(160, 120, 0, 0), PatternFrame(160, 120, 0, 0, angle), {});
  const auto place = [angle](int x, int y) {
    return std::pair(80 + std::cos(angle) * (x - 80) - std::sin(angle) * (y - 60),
                     60 + std::sin(angle) * (x - 80) + std::cos(angle) * (y - 60));
  };
  EXPECT_GT(ShareFound(field, 8, place), 0.97);
}

TEST(PatchMatch, ShowsTheTargetInThePixelsOfTheSource) {
  const Frame source = PatternFrame(160, 120, 0, 0);
  const Frame target = PatternFrame(160, 120, 5, 3);
  const Field field = FieldBetween(source, target, {});
  EXPECT_LT(MeanDifference(Remap(PaddedImage(source, 4), field, 5).ToFrame(), target), 2);
  EXPECT_GT(MeanDifference(source, target), 30);
}

// The guide decides: the same picture in other light still matches.
TEST(PatchMatch, FollowsTheGuideWhenTheStyleFlickers) {
  const DeflickerOptions options;
  const Frame from = PatternFrame(160, 120, 0, 0);
  const Frame to = PatternFrame(160, 120, 4, 2);
  Frame darker = to;
  for (std::uint8_t& value : darker.rgb) {
    value = static_cast<std::uint8_t>(value * 7 / 10);
  }
  const Field field = FindField(PrepareFrame(0, from, from, options),
                                PrepareFrame(1, to, darker, options), options);
  EXPECT_GT(ShareFound(field, 8, [](int x, int y) { return std::pair(x + 4, y + 2); }), 0.95);
}

TEST(PatchMatch, RefusesOptionsThatCannotWork) {
  EXPECT_TRUE(CheckMatchable(320, 180, {}));
  EXPECT_TRUE(CheckMatchable(1, 1, {}));
  EXPECT_TRUE(CheckMatchable(64, 64, {.patch_size_min = 21, .iterations = 1}));
  const DeflickerOptions wrong[] = {{.patch_size_min = 4},
                                    {.patch_size_min = -1},
                                    {.patch_size_min = 23, .iterations = 1},
                                    {.patch_size_min = 21, .iterations = 2},
                                    {.iterations = 0},
                                    {.iterations = 1 << 30},
                                    {.patch_size_min = 2147483647},
                                    {.guide_weight = -1},
                                    {.guide_weight = 1000}};
  for (const DeflickerOptions& options : wrong) {
    const Status status = CheckMatchable(320, 180, options);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(CheckMatchable(0, 180, {}));
  EXPECT_FALSE(CheckMatchable(320, 32768, {}));
}

}  // namespace
}  // namespace weft::deflicker
