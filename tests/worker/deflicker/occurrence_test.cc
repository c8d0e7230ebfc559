#include "worker/deflicker/occurrence.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "tests/worker/deflicker/vector_targets.h"

namespace weft::deflicker {
namespace {

constexpr int kWidth = 120;
constexpr int kHeight = 90;
struct Order {
  int weight = 0;
  int thread_count = 1;
  int patch_size = 5;
};

OffsetField FieldOf(const Frame& source, const Frame& target, const Order& order) {
  ThreadTeam threads(order.thread_count);
  TileSearchExtras extras;
  extras.occurrence_weight = order.weight;
  OffsetField field;
  TileMatcher(&threads).Find(MatchPyramid(source, kPyramidSideMin),
                             MatchPyramid(target, kPyramidSideMin),
                             {.patch_size = order.patch_size}, {}, extras, &field);
  return field;
}

// Of each pixel of the source.
std::vector<int> UsesOf(const OffsetField& field) {
  std::vector<int> uses(field.offsets.size());
  for (int y = 0; y < field.height; ++y) {
    for (int x = 0; x < field.width; ++x) {
      const Offset offset = field.At(x, y);
      ++uses[field.Index(x + offset.dx, y + offset.dy)];
    }
  }
  return uses;
}

// Plain, with a box of another level.
Frame Box(std::uint8_t around, std::uint8_t within) {
  Frame frame = PlainFrame(kWidth, kHeight, around);
  for (int y = 30; y < 50; ++y) {
    std::fill_n(frame.rgb.begin() + (std::ptrdiff_t{y} * kWidth + 40) * 3, 30 * 3, within);
  }
  return frame;
}

// The target looks exactly like the source's box, and a little less like what is around it.
TEST(Occurrence, SpreadsMatchesForAPrice) {
  const Frame source = Box(95, 90);
  const Frame target = PlainFrame(kWidth, kHeight, 90);
  const auto in_box = [&](int weight) {
    const OffsetField field = FieldOf(source, target, {weight});
    const std::vector<int> uses = UsesOf(field);
    int sum = 0;
    for (int y = 30; y < 50; ++y) {
      for (int x = 40; x < 70; ++x) {
        sum += uses[field.Index(x, y)];
      }
    }
    return sum;
  };
  // The box's 600 pixels look better by 25 squared levels, and so are worth 25 / weight more uses
  // each than are even.
  EXPECT_GT(in_box(0), 6000);
  EXPECT_GT(in_box(5), 2400);
  EXPECT_LT(in_box(5), 5000);
  EXPECT_LT(in_box(100), 1500);
}

TEST(Occurrence, LeavesWhatIsUsedEvenlyWhereItIs) {
  const Frame picture = PatternFrame(kWidth, kHeight, 0, 0);
  const OffsetField field = FieldOf(picture, picture, {1000});
  EXPECT_EQ(std::count(field.offsets.begin(), field.offsets.end(), Offset{}),
            std::ptrdiff_t{kWidth} * kHeight);
}

struct Pictures {
  MatchPlanes source;
  MatchPlanes target;
};

// As CostScaleOf() has it, of a patch around (x, y).
int PatchCost(const Pictures& pictures, int radius, int x, int y, Offset offset) {
  const CostScale scale = CostScaleOf(radius);
  int sum = 0;
  for (int dy = -radius; dy <= radius; ++dy) {
    for (int dx = -radius; dx <= radius; ++dx) {
      int cost = 0;
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        const int difference =
            *pictures.source.At(channel, x + dx + offset.dx, y + dy + offset.dy) -
            *pictures.target.At(channel, x + dx, y + dy);
        cost += difference * difference;
      }
      sum += std::min(std::min(cost, 0xffff) >> scale.shift, int{scale.limit});
    }
  }
  return sum;
}

TEST(Occurrence, CostsStayThoseOfPatches) {
  const Frame source = PatternFrame(kWidth, kHeight, 0, 0);
  const Frame target = PatternFrame(kWidth, kHeight, 7, 3, 0.1);
  const Pictures pictures{MatchPlanes(source), MatchPlanes(target)};
  ASSERT_EQ(CostScaleOf(2).shift, 0);
  ASSERT_GT(CostScaleOf(4).shift, 0);
  for (const int radius : {2, 4}) {
    const OffsetField field = FieldOf(source, target, {.weight = 20, .patch_size = 2 * radius + 1});
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        ASSERT_EQ(field.costs[field.Index(x, y)], PatchCost(pictures, radius, x, y, field.At(x, y)))
            << x << " " << y;
      }
    }
  }
}

TEST(Occurrence, GivesTheSameFieldWithEveryInstructionSetAndThread) {
  const Frame source = PatternFrame(kWidth, kHeight, 0, 0);
  const Frame target = PatternFrame(kWidth, kHeight, 7, 3, 0.1);
  const OffsetField field = FieldOf(source, target, {20});
  EXPECT_NE(field.offsets, FieldOf(source, target, {}).offsets);
  ForEveryTarget([&] {
    for (const int thread_count : {1, 2}) {
      EXPECT_EQ(FieldOf(source, target, {20, thread_count}).offsets, field.offsets);
    }
  });
}

}  // namespace
}  // namespace weft::deflicker
