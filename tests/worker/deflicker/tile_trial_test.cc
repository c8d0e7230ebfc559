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
};

bool TryCase(const Case& trial, TileBest* best) {
  TargetTile tile;
  CopyTarget(trial.target, trial.x, trial.y, trial.radius, &tile);
  return TryOffset({&trial.source, &tile, trial.dx, trial.dy, trial.candidate}, best);
}

// The header's sentences, pixel by pixel.
int PlainCost(const Case& trial, int x, int y) {
  const CostScale scale = CostScaleOf(trial.radius);
  int sum = 0;
  for (int dy = -trial.radius; dy <= trial.radius; ++dy) {
    for (int dx = -trial.radius; dx <= trial.radius; ++dx) {
      int squares = 0;
      for (int channel = 0; channel < 3; ++channel) {
        const int difference = *trial.source.At(channel, x + dx + trial.dx, y + dy + trial.dy) -
                               *trial.target.At(channel, x + dx, y + dy);
        squares += difference * difference;
      }
      sum += std::min(std::min(squares, 65535) >> scale.shift, int{scale.limit});
    }
  }
  return sum;
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
