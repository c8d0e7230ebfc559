#include "worker/deflicker/style_refinement.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "tests/worker/deflicker/vector_targets.h"

namespace weft::deflicker {
namespace {

constexpr int kWidth = 140;
constexpr int kHeight = 50;

OffsetField EqualField(std::int16_t dx, std::int16_t dy) {
  OffsetField field{kWidth, kHeight, {}, {}};
  field.offsets.assign(std::size_t{kWidth} * kHeight, {dx, dy});
  return field;
}

MatchPlanes Flat() {
  return MatchPlanes(PlainFrame(kWidth, kHeight, 90));
}

// As a camera that is (x, y) further sees it.
MatchPlanes Pattern(double x, double y) {
  return MatchPlanes(PatternFrame(kWidth, kHeight, x, y));
}

int CountOf(const OffsetField& field, Offset offset) {
  int count = 0;
  for (int y = 12; y < kHeight - 12; ++y) {
    for (int x = 12; x < kWidth - 12; ++x) {
      count += field.At(x, y) == offset ? 1 : 0;
    }
  }
  return count;
}

constexpr int kAll = (kWidth - 24) * (kHeight - 24);

TEST(RefinedByStyle, FollowsTheStyleWhereTheGuideSaysNothing) {
  const MatchPlanes flat = Flat();
  const OffsetField start = EqualField(5, 0);
  const OffsetField refined =
      RefinedByStyle({flat, Pattern(0, 0), flat, Pattern(6, 0)}, {&start}, {});
  EXPECT_EQ(CountOf(refined, {6, 0}), kAll) << "one pixel beside what the field had";
}

TEST(RefinedByStyle, TriesWhatOtherFieldsFound) {
  const MatchPlanes flat = Flat();
  const OffsetField start = EqualField(0, 0);
  const OffsetField other = EqualField(-7, 4);
  const StyledPair pair{flat, Pattern(0, 0), flat, Pattern(-7, 4)};
  EXPECT_EQ(CountOf(RefinedByStyle(pair, {&start}, {}), {-7, 4}), 0);
  EXPECT_EQ(CountOf(RefinedByStyle(pair, {&start, &other}, {}), {-7, 4}), kAll);
}

TEST(RefinedByStyle, WeighsTheGuideAgainstTheStyle) {
  const OffsetField guide_says = EqualField(6, 0);
  const OffsetField style_says = EqualField(-6, 0);
  const StyledPair pair{Pattern(0, 0), Pattern(0, 0), Pattern(6, 0), Pattern(-6, 0)};
  const auto with_weight = [&](int weight) {
    return RefinedByStyle(pair, {&guide_says, &style_says}, {5, weight});
  };
  EXPECT_EQ(CountOf(with_weight(kGuideWeightMax), {6, 0}), kAll);
  EXPECT_EQ(CountOf(with_weight(0), {-6, 0}), kAll);
}

TEST(RefinedByStyle, KeepsTheFieldWhereAllAreEqual) {
  const MatchPlanes flat = Flat();
  const OffsetField start = EqualField(2, -1);
  EXPECT_EQ(CountOf(RefinedByStyle({flat, flat, flat, flat}, {&start}, {}), {2, -1}), kAll);
}

TEST(RefinedByStyle, StaysInsideTheSourceWithEveryInstructionSet) {
  const MatchPlanes noise(NoiseFrame(kWidth, kHeight, 3));
  const StyledPair pair{noise, Pattern(0, 0), Pattern(3, 3), noise};
  const OffsetField far = EqualField(120, -40);
  const OffsetField near = EqualField(1, 1);
  for (const int patch_size : {3, 5, 15}) {
    const OffsetField refined = RefinedByStyle(pair, {&near, &far}, {patch_size});
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        const Offset offset = refined.At(x, y);
        ASSERT_TRUE(x + offset.dx >= 0 && x + offset.dx < kWidth);
        ASSERT_TRUE(y + offset.dy >= 0 && y + offset.dy < kHeight);
      }
    }
    ForEveryTarget([&] {
      EXPECT_EQ(RefinedByStyle(pair, {&near, &far}, {patch_size}).offsets, refined.offsets);
    });
  }
}

}  // namespace
}  // namespace weft::deflicker
