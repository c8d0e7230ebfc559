// What a search heeds beyond two pictures (TileSearchExtras).

#include <algorithm>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "tests/worker/deflicker/vector_targets.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {
namespace {

std::vector<MatchPlanes> Pyramid(const Frame& frame) {
  return MatchPyramid(frame, kPyramidSideMin);
}

OffsetField FieldWith(const std::vector<MatchPlanes>& source,
                      const std::vector<MatchPlanes>& target,
                      const TileSearchExtras& extras,
                      int thread_count = 1) {
  ThreadTeam threads(thread_count);
  OffsetField field;
  TileMatcher(&threads).Find(source, target, {}, {}, extras, &field);
  return field;
}

double PartWith(const OffsetField& field, Offset offset) {
  return static_cast<double>(std::count(field.offsets.begin(), field.offsets.end(), offset)) /
         static_cast<double>(field.offsets.size());
}

// The frame with a box of another in it.
Frame WithBox(Frame frame, const Frame& other) {
  for (int y = 30; y < 70; ++y) {
    for (int x = 60; x < 130; ++x) {
      const std::ptrdiff_t first = (std::ptrdiff_t{y} * frame.width + x) * 3;
      std::copy_n(other.rgb.begin() + first, 3, frame.rgb.begin() + first);
    }
  }
  return frame;
}

bool IsInBox(int x, int y) {
  return x >= 60 && x < 130 && y >= 30 && y < 70;
}

// A picture that is all edges, as it is `dx` pixels further right.
Frame Shifted(const Frame& frame, int dx) {
  Frame shifted = frame;
  for (int y = 0; y < frame.height; ++y) {
    const auto row = frame.rgb.begin() + std::ptrdiff_t{y} * frame.width * 3;
    std::copy(row + std::ptrdiff_t{3} * dx, row + std::ptrdiff_t{3} * frame.width,
              shifted.rgb.begin() + std::ptrdiff_t{y} * frame.width * 3);
  }
  return shifted;
}

TEST(TileSearchExtras, MatchesStylesWhereGuidesSayNothing) {
  const auto plain = Pyramid(PlainFrame(200, 120, 90));
  const auto source_styles = Pyramid(PatternFrame(200, 120, 0, 0));
  const auto target_styles = Pyramid(PatternFrame(200, 120, 11, 4));
  TileSearchExtras extras;
  extras.source_styles = &source_styles;
  extras.target_styles = &target_styles;
  extras.style_share = 8;
  EXPECT_GT(PartWith(FieldWith(plain, plain, extras), {11, 4}), 0.8);
  extras.style_share = 0;
  EXPECT_EQ(PartWith(FieldWith(plain, plain, extras), {0, 0}), 1);
}

TEST(TileSearchExtras, LeavesMaskedPixelsOfTheSourceAlone) {
  const auto picture = Pyramid(PatternFrame(200, 120, 0, 0));
  const auto mask = Pyramid(WithBox(PlainFrame(200, 120, 255), PlainFrame(200, 120, 0)));
  TileSearchExtras extras;
  extras.source_masks = &mask;
  const OffsetField field = FieldWith(picture, picture, extras);
  int into_box = 0;
  for (int y = 0; y < field.height; ++y) {
    for (int x = 0; x < field.width; ++x) {
      const Offset offset = field.At(x, y);
      into_box += IsInBox(x + offset.dx, y + offset.dy) ? 1 : 0;
      EXPECT_EQ(IsInBox(x + offset.dx, y + offset.dy),
                field.costs[field.Index(x, y)] == kMaskedCost);
    }
  }
  // Without the mask all 2800 would stay there. Those from which no offset tried leads out still
  // do.
  EXPECT_LT(into_box, 1400);
}

TEST(TileSearchExtras, LeavesMaskedPixelsOfTheTargetOutOfPatches) {
  const auto source = Pyramid(PatternFrame(200, 120, 0, 0));
  const auto target = Pyramid(WithBox(PatternFrame(200, 120, 9, -5), PatternFrame(200, 120, 0, 0)));
  const auto mask = Pyramid(WithBox(PlainFrame(200, 120, 255), PlainFrame(200, 120, 0)));
  TileSearchExtras extras;
  extras.target_masks = &mask;
  const OffsetField blind = FieldWith(source, target, {});
  const OffsetField field = FieldWith(source, target, extras);
  // Patches on the box's edge are of the picture around it alone.
  int found = 0;
  int found_blindly = 0;
  for (int x = 60; x < 130; ++x) {
    found += field.At(x, 31) == Offset{9, -5} ? 1 : 0;
    found_blindly += blind.At(x, 31) == Offset{9, -5} ? 1 : 0;
  }
  EXPECT_GT(found, 65);
  EXPECT_LT(found_blindly, 20);
}

TEST(TileSearchExtras, StartsFromANeighboursField) {
  // Fine noise: coarser levels show nothing of the motion, which is beyond the reach of the finest.
  const Frame noise = NoiseFrame(300, 120, 8);
  const auto source = Pyramid(noise);
  const auto target = Pyramid(Shifted(noise, 77));
  OffsetField near{300, 120, std::vector<Offset>(std::size_t{300} * 120, Offset{76, 0}), {}};
  TileSearchExtras extras;
  extras.near = &near;
  EXPECT_LT(PartWith(FieldWith(source, target, {}), {77, 0}), 0.1);
  EXPECT_GT(PartWith(FieldWith(source, target, extras), {77, 0}), 0.5);
}

TEST(TileSearchExtras, GiveTheSameFieldWithEveryInstructionSetAndThread) {
  const auto source = Pyramid(PatternFrame(200, 120, 0, 0));
  const auto target = Pyramid(PatternFrame(200, 120, 5, 3, 0.05));
  const auto styles = Pyramid(NoiseFrame(200, 120, 3));
  const auto mask = Pyramid(WithBox(PlainFrame(200, 120, 255), PlainFrame(200, 120, 0)));
  const OffsetField near = FieldWith(target, source, {});
  const TileSearchExtras extras = {&near, 5, &styles, &styles, &mask, &mask};
  const OffsetField field = FieldWith(source, target, extras);
  ForEveryTarget([&] {
    for (const int thread_count : {1, 2}) {
      const OffsetField other = FieldWith(source, target, extras, thread_count);
      EXPECT_EQ(other.offsets, field.offsets);
      EXPECT_EQ(other.costs, field.costs);
    }
  });
}

}  // namespace
}  // namespace weft::deflicker
