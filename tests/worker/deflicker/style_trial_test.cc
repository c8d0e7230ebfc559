#include "worker/deflicker/style_trial.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "tests/worker/deflicker/vector_targets.h"

namespace weft::deflicker {
namespace {

constexpr std::uint32_t kUnset = 0xffffffff;

StyleBest Unset() {
  StyleBest best = {};
  std::memset(&best, 0xff, sizeof(best));
  return best;
}

std::uint32_t Squares(
    const MatchPlanes& source, int dx, int dy, const MatchPlanes& target, int x, int y) {
  int sum = 0;
  for (int channel = 0; channel < 3; ++channel) {
    const int difference = *source.At(channel, x + dx, y + dy) - *target.At(channel, x, y);
    sum += difference * difference;
  }
  return static_cast<std::uint32_t>(std::min(sum, 65535));
}

// The header's sentences, pixel by pixel.
std::uint32_t PlainError(const StyleTrial& trial, int x, int y) {
  std::uint32_t sum = 0;
  for (int row = y - trial.radius; row <= y + trial.radius; ++row) {
    for (int column = x - trial.radius; column <= x + trial.radius; ++column) {
      sum +=
          static_cast<std::uint32_t>(trial.guide_weight) *
              Squares(*trial.source_guide, trial.dx, trial.dy, *trial.target_guide, column, row) +
          Squares(*trial.source_style, trial.dx, trial.dy, *trial.target_style, column, row);
    }
  }
  return sum;
}

void ExpectTrial(const StyleTrial& trial) {
  SCOPED_TRACE(testing::Message() << "radius " << trial.radius << ", offset " << trial.dx << " "
                                  << trial.dy << ", tile " << trial.x << " " << trial.y);
  StyleBest best = Unset();
  const bool tried = TryStyled(trial, &best);
  bool any = false;
  const MatchPlanes& target = *trial.target_guide;
  const int columns = std::min(kTileColumns - 2 * trial.radius, target.Width() - trial.x);
  const int rows = std::min(kTileRows, target.Height() - trial.y);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const int x = trial.x + column;
      const int y = trial.y + row;
      const bool inside = x + trial.dx >= 0 && x + trial.dx < target.Width() && y + trial.dy >= 0 &&
                          y + trial.dy < target.Height();
      any = any || inside;
      ASSERT_EQ(best.errors[row][column], inside ? PlainError(trial, x, y) : kUnset)
          << column << " " << row;
      ASSERT_EQ(best.trials[row][column], inside ? trial.number : kUnset);
    }
  }
  EXPECT_TRUE(tried || !any);
}

class StyleTrials : public testing::Test {
 protected:
  [[nodiscard]] StyleTrial At(int x, int y, int dx, int dy, int radius, int weight) const {
    return {&source_guide_,
            &source_style_,
            &target_guide_,
            &target_style_,
            x,
            y,
            dx,
            dy,
            radius,
            weight,
            7};
  }

  const MatchPlanes source_guide_{NoiseFrame(150, 40, 1)};
  const MatchPlanes source_style_{NoiseFrame(150, 40, 2)};
  const MatchPlanes target_guide_{PatternFrame(150, 40, 3, 2)};
  const MatchPlanes target_style_{PatternFrame(150, 40, 1, 7)};
};

TEST_F(StyleTrials, SumTheErrorsOfGuideAndStyle) {
  ForEveryTarget([&] {
    for (int radius = 1; radius <= kStyleRadiusMax; ++radius) {
      for (const int weight : {0, 1, 10, kGuideWeightMax}) {
        ExpectTrial(At(44, 16, 3, -2, radius, weight));
      }
    }
  });
}

TEST_F(StyleTrials, LeavePixelsAloneWhoseMatchIsOutside) {
  ForEveryTarget([&] {
    for (const auto& [dx, dy] :
         {std::pair(-20, 0), {40, 0}, {0, -9}, {0, 25}, {-59, -15}, {149, 39}, {200, 0}}) {
      ExpectTrial(At(0, 0, dx, dy, 2, 10));
      ExpectTrial(At(120, 32, dx, dy, 7, 10));
    }
  });
}

TEST_F(StyleTrials, KeepTheFirstOfEqualsAndTheBetterOfTwo) {
  ForEveryTarget([&] {
    StyleBest best = Unset();
    StyleTrial trial = At(0, 0, 5, 5, 2, 10);
    trial.source_guide = &target_guide_;
    trial.source_style = &target_style_;
    EXPECT_TRUE(TryStyled(trial, &best));
    trial.dx = trial.dy = 0;
    for (trial.number = 8; trial.number < 10; ++trial.number) {
      EXPECT_TRUE(TryStyled(trial, &best));
    }
    trial.dx = 1;
    EXPECT_TRUE(TryStyled(trial, &best));
    EXPECT_EQ(best.trials[4][20], 8U);
    EXPECT_EQ(best.errors[4][20], 0U);
  });
}

}  // namespace
}  // namespace weft::deflicker
