#include "worker/deflicker/tile_field.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "tests/worker/deflicker/vector_targets.h"

namespace weft::deflicker {
namespace {

OffsetField FieldBetween(const Frame& source,
                         const Frame& target,
                         const TileSearchOptions& options = {},
                         const TileSearchKey& key = {}) {
  return FindTileField(MatchPyramid(source, kPyramidSideMin), MatchPyramid(target, kPyramidSideMin),
                       options, key);
}

void ExpectInside(const OffsetField& field) {
  for (int y = 0; y < field.height; ++y) {
    for (int x = 0; x < field.width; ++x) {
      const Offset offset = field.At(x, y);
      ASSERT_TRUE(x + offset.dx >= 0 && x + offset.dx < field.width);
      ASSERT_TRUE(y + offset.dy >= 0 && y + offset.dy < field.height);
    }
  }
}

TEST(TileField, FindsAShift) {
  for (const int patch_size : {3, 5, 7, 21}) {
    SCOPED_TRACE(patch_size);
    const OffsetField field =
        FieldBetween(PatternFrame(200, 120, 0, 0), PatternFrame(200, 120, 17, -9), {patch_size});
    ExpectInside(field);
    int found = 0;
    for (int y = 20; y < 100; ++y) {
      for (int x = 10; x < 170; ++x) {
        found += field.At(x, y) == Offset{17, -9} ? 1 : 0;
        EXPECT_TRUE(field.At(x, y) != (Offset{17, -9}) || field.costs[field.Index(x, y)] == 0);
      }
    }
    EXPECT_EQ(found, 80 * 160);
  }
}

TEST(TileField, IsTheSameWithEveryInstructionSet) {
  const Frame source = NoiseFrame(131, 77, 4);
  const Frame target = PatternFrame(131, 77, 4, 2, 0.05);
  const OffsetField field = FieldBetween(source, target);
  ForEveryTarget([&] {
    const OffsetField other = FieldBetween(source, target);
    EXPECT_EQ(other.offsets, field.offsets);
    EXPECT_EQ(other.costs, field.costs);
  });
}

TEST(TileMatcher, FindsTheSameWithAnyNumberOfThreadsAndWhateverItFoundBefore) {
  const auto first = MatchPyramid(NoiseFrame(331, 177, 4), kPyramidSideMin);
  const auto second = MatchPyramid(PatternFrame(331, 177, 4, 2, 0.05), kPyramidSideMin);
  const OffsetField forth = FindTileField(first, second, {}, {});
  const OffsetField back = FindTileField(second, first, {}, {});
  for (const int thread_count : {1, 2, 3}) {
    SCOPED_TRACE(thread_count);
    ThreadTeam threads(thread_count);
    TileMatcher matcher(&threads);
    OffsetField field;
    for (int repeat = 0; repeat < 3; ++repeat) {
      matcher.Find(first, second, {}, {}, &field);
      EXPECT_EQ(field.offsets, forth.offsets);
      EXPECT_EQ(field.costs, forth.costs);
      matcher.Find(second, first, {}, {}, &field);
      EXPECT_EQ(field.offsets, back.offsets);
    }
  }
}

TEST(TileField, DrawsFromItsOwnNumbersOnly) {
  const Frame source = NoiseFrame(131, 77, 4);
  const Frame target = NoiseFrame(131, 77, 5);
  const OffsetField field = FieldBetween(source, target, {}, {1, 2, 3});
  EXPECT_EQ(FieldBetween(source, target, {}, {1, 2, 3}).offsets, field.offsets);
  EXPECT_NE(FieldBetween(source, target, {}, {9, 2, 3}).offsets, field.offsets);
  EXPECT_NE(FieldBetween(source, target, {}, {1, 9, 3}).offsets, field.offsets);
  EXPECT_NE(FieldBetween(source, target, {}, {1, 2, 9}).offsets, field.offsets);
}

TEST(TileField, DoesNotMoveWhereAllIsEqual) {
  const OffsetField field = FieldBetween(PlainFrame(100, 60, 9), PlainFrame(100, 60, 9));
  EXPECT_TRUE(std::all_of(field.offsets.begin(), field.offsets.end(),
                          [](Offset offset) { return offset == Offset{}; }));
}

TEST(TileField, TakesTinyAndOddSizes) {
  for (const auto& [width, height] :
       {std::pair(1, 1), {1, 90}, {90, 1}, {3, 5}, {61, 17}, {121, 33}}) {
    SCOPED_TRACE(testing::Message() << width << "x" << height);
    const OffsetField field =
        FieldBetween(NoiseFrame(width, height, 1), NoiseFrame(width, height, 2));
    ASSERT_EQ(field.offsets.size(), static_cast<std::size_t>(width * height));
    ExpectInside(field);
  }
}

TEST(CheckTileSearch, RefusesWhatCannotBeMatched) {
  EXPECT_TRUE(CheckTileSearch(1920, 1080, {5}));
  EXPECT_TRUE(CheckTileSearch(1, 1, {21}));
  for (const int patch_size : {-1, 1, 4, 23}) {
    EXPECT_FALSE(CheckTileSearch(64, 64, {patch_size})) << patch_size;
  }
  EXPECT_FALSE(CheckTileSearch(0, 64, {}));
  EXPECT_FALSE(CheckTileSearch(64, 20000, {}));
  EXPECT_FALSE(CheckTileSearch(64, 64, {.rounds = 0}));
  EXPECT_FALSE(CheckTileSearch(64, 64, {.rounds = 9}));
  EXPECT_FALSE(CheckTileSearch(64, 64, {.coarse_reach = 11}));
}

}  // namespace
}  // namespace weft::deflicker
