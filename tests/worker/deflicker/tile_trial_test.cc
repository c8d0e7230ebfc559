#include "worker/deflicker/tile_trial.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "tests/worker/deflicker/vector_targets.h"

namespace weft::deflicker {
namespace {

constexpr std::uint16_t kUnset = 0xffff;

TileBest Unset() {
  TileBest best = {};
  std::memset(best.costs, 0xff, sizeof(best.costs));
  std::memset(best.candidates, 0xff, sizeof(best.candidates));
  return best;
}

// A trial, and the pictures and the place that it is about.
struct Case {
  const MatchPlanes& source;
  const MatchPlanes& target;
  int x = 0;
  int y = 0;
  int dx = 0;
  int dy = 0;
  int radius = 2;
  std::uint16_t candidate = 0;
  int style_share = 0;
  const MatchPlanes* source_style = nullptr;
  const MatchPlanes* target_style = nullptr;
  const MatchPlanes* source_mask = nullptr;
  const MatchPlanes* target_mask = nullptr;
  bool with_extras = false;
};

bool TryCase(const Case& trial, TileBest* best) {
  TargetTile tile;
  CopyTarget(trial.target, trial.x, trial.y, trial.radius, &tile);
  TargetTile style;
  TargetTile mask;
  TrialExtras extras = {trial.style_share, trial.source_style, nullptr, trial.source_mask, nullptr};
  if (trial.target_style != nullptr) {
    CopyTarget(*trial.target_style, trial.x, trial.y, trial.radius, &style);
    extras.target_style = &style;
  }
  if (trial.target_mask != nullptr) {
    CopyTarget(*trial.target_mask, trial.x, trial.y, trial.radius, &mask);
    extras.target_mask = &mask;
  }
  return TryOffset({&trial.source, &tile, trial.dx, trial.dy, trial.candidate,
                    trial.with_extras ? &extras : nullptr},
                   best);
}

int PlainPixelCost(
    const Case& trial, const MatchPlanes& source, const MatchPlanes& target, int x, int y) {
  const CostScale scale = CostScaleOf(trial.radius);
  int squares = 0;
  for (int channel = 0; channel < 3; ++channel) {
    const int difference =
        *source.At(channel, x + trial.dx, y + trial.dy) - *target.At(channel, x, y);
    squares += difference * difference;
  }
  return std::min(std::min(squares, 65535) >> scale.shift, int{scale.limit});
}

// The header's sentences, pixel by pixel.
int PlainCost(const Case& trial, int x, int y) {
  int sum = 0;
  for (int dy = -trial.radius; dy <= trial.radius; ++dy) {
    for (int dx = -trial.radius; dx <= trial.radius; ++dx) {
      if (trial.target_mask != nullptr && *trial.target_mask->At(0, x + dx, y + dy) == 0) {
        continue;
      }
      int cost = PlainPixelCost(trial, trial.source, trial.target, x + dx, y + dy);
      if (trial.source_style != nullptr) {
        const int style =
            PlainPixelCost(trial, *trial.source_style, *trial.target_style, x + dx, y + dy);
        cost = cost * (16 - trial.style_share) / 16 + style * trial.style_share / 16;
      }
      sum += cost;
    }
  }
  const bool masked =
      trial.source_mask != nullptr && *trial.source_mask->At(0, x + trial.dx, y + trial.dy) == 0;
  return masked ? kMaskedCost : sum;
}

void ExpectTrial(const Case& trial) {
  SCOPED_TRACE(testing::Message() << "radius " << trial.radius << ", offset " << trial.dx << " "
                                  << trial.dy << ", tile " << trial.x << " " << trial.y);
  TileBest best = Unset();
  const bool tried = TryCase(trial, &best);
  bool any = false;
  const int columns = std::min(kTileColumns - 2 * trial.radius, trial.target.Width() - trial.x);
  const int rows = std::min(kTileRows, trial.target.Height() - trial.y);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const int x = trial.x + column;
      const int y = trial.y + row;
      const bool inside = x + trial.dx >= 0 && x + trial.dx < trial.source.Width() &&
                          y + trial.dy >= 0 && y + trial.dy < trial.source.Height();
      any = any || inside;
      ASSERT_EQ(best.costs[row][column], inside ? PlainCost(trial, x, y) : kUnset)
          << column << " " << row;
      ASSERT_EQ(best.candidates[row][column], inside ? trial.candidate : kUnset);
    }
  }
  EXPECT_TRUE(tried || !any);
}

TEST(TryOffset, CostsWhatSquaredDifferencesSumTo) {
  const MatchPlanes source(NoiseFrame(150, 40, 1));
  const MatchPlanes target(PatternFrame(150, 40, 3, 2));
  ForEveryTarget([&] {
    for (int radius = 1; radius <= kTrialRadiusMax; ++radius) {
      ExpectTrial({source, target, 44, 16, 3, -2, radius, 7});
    }
  });
}

// Black and white blocks.
MatchPlanes MaskOf(int width, int height, int block) {
  Frame mask = PlainFrame(width, height, 0);
  for (std::size_t i = 0; i < mask.rgb.size(); ++i) {
    const int pixel = static_cast<int>(i) / 3;
    mask.rgb[i] = (pixel % width / block + pixel / width / block) % 2 == 0 ? 255 : 0;
  }
  return MatchPlanes(mask);
}

TEST(TryOffset, HeedsStyleAndMasks) {
  const MatchPlanes source(NoiseFrame(150, 40, 1));
  const MatchPlanes target(PatternFrame(150, 40, 3, 2));
  const MatchPlanes source_style(PatternFrame(150, 40, 1, 1));
  const MatchPlanes target_style(NoiseFrame(150, 40, 5));
  const MatchPlanes source_mask = MaskOf(150, 40, 7);
  const MatchPlanes target_mask = MaskOf(150, 40, 5);
  ForEveryTarget([&] {
    for (const int radius : {1, 2, 5, kTrialRadiusMax}) {
      Case trial = {source, target, 44, 16, 3, -2, radius, 7};
      trial.with_extras = true;
      ExpectTrial(trial);
      trial.source_style = &source_style;
      trial.target_style = &target_style;
      for (const int share : {1, 7, 15}) {
        trial.style_share = share;
        ExpectTrial(trial);
      }
      trial.target_mask = &target_mask;
      ExpectTrial(trial);
      trial.source_mask = &source_mask;
      ExpectTrial(trial);
    }
  });
}

TEST(TryOffset, LeavesPixelsAloneWhoseMatchIsOutside) {
  const MatchPlanes source(NoiseFrame(90, 37, 1));
  const MatchPlanes target(NoiseFrame(90, 37, 2));
  ForEveryTarget([&] {
    for (const int radius : {2, 5}) {
      for (const auto& [dx, dy] :
           {std::pair(-20, 0), {40, 0}, {0, -9}, {0, 25}, {-59, -15}, {89, 36}, {200, 0}}) {
        ExpectTrial({source, target, 0, 0, dx, dy, radius, 3});
        ExpectTrial({source, target, 60, 32, dx, dy, radius, 3});
      }
    }
  });
}

TEST(TryOffset, KeepsTheFirstOfEqualsAndTheBetterOfTwo) {
  const MatchPlanes picture(PatternFrame(80, 30, 0, 0));
  ForEveryTarget([&] {
    TileBest best = Unset();
    EXPECT_TRUE(TryCase({picture, picture, 0, 0, 5, 5, 2, 1}, &best));
    EXPECT_TRUE(TryCase({picture, picture, 0, 0, 0, 0, 2, 2}, &best));
    EXPECT_TRUE(TryCase({picture, picture, 0, 0, 0, 0, 2, 3}, &best));
    EXPECT_TRUE(TryCase({picture, picture, 0, 0, 1, 0, 2, 4}, &best));
    EXPECT_EQ(best.candidates[4][20], 2);
    EXPECT_EQ(best.costs[4][20], 0);
  });
}

TEST(CostScale, FitsEveryPatchInto16Bits) {
  for (int radius = 1; radius <= kTrialRadiusMax; ++radius) {
    const CostScale scale = CostScaleOf(radius);
    const int pixels = (2 * radius + 1) * (2 * radius + 1);
    EXPECT_LT(scale.limit * pixels, int{kUnset}) << radius;  // Some offset always wins.
    EXPECT_GE(scale.limit << scale.shift, 2600) << radius;
  }
}

}  // namespace
}  // namespace weft::deflicker
