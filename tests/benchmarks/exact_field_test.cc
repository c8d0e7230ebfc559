#include "tests/benchmarks/exact_field.h"

#include <algorithm>
#include <climits>
#include <cstddef>

#include <gtest/gtest.h>

#include "tests/benchmarks/field_quality.h"
#include "tests/benchmarks/test_noise.h"
#include "tests/worker/eval/test_pan.h"

namespace weft::bench {
namespace {

int ValueAt(const Frame& frame, int x, int y, int channel) {
  const int row = std::clamp(y, 0, frame.height - 1);
  const int column = std::clamp(x, 0, frame.width - 1);
  const auto pixel = static_cast<std::ptrdiff_t>(row) * frame.width + column;
  return frame.rgb.data()[3 * pixel + channel];
}

int PatchError(const Frame& target, const Frame& source, Match at, Match match) {
  int sum = 0;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      for (int channel = 0; channel < 3; ++channel) {
        const int difference = ValueAt(target, at.x + dx, at.y + dy, channel) -
                               ValueAt(source, match.x + dx, match.y + dy, channel);
        sum += difference * difference;
      }
    }
  }
  return sum;
}

// By the definition: every patch with every other.
Match BestMatch(const Frame& target, const Frame& source, Match at) {
  Match best;
  int best_error = INT_MAX;
  for (int y = 0; y < source.height; ++y) {
    for (int x = 0; x < source.width; ++x) {
      const int error = PatchError(target, source, at, {x, y});
      if (error < best_error) {
        best_error = error;
        best = {x, y};
      }
    }
  }
  return best;
}

TEST(ExactField, FindsAPlantedShift) {
  const Frame target = NoiseFrame(32, 24, 0, 0);
  const Frame source = NoiseFrame(32, 24, 4, -3);
  const MatchField field = ExactField(target, source, 5);
  // Where the patch lies inside both pictures.
  for (int y = 2; y < 24 - 2 - 3; ++y) {
    for (int x = 2 + 4; x < 32 - 2; ++x) {
      ASSERT_EQ(field.At(x, y).x, x - 4) << x << ", " << y;
      ASSERT_EQ(field.At(x, y).y, y + 3) << x << ", " << y;
    }
  }
}

TEST(ExactField, AgreesWithTheDefinitionUpToTheEdges) {
  const Frame target = eval::PanFrame(13, 9, 0.3, 0);
  const Frame source = eval::PanFrame(13, 9, 2.5, -1.2);
  const MatchField field = ExactField(target, source, 3);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 13; ++x) {
      const Match best = BestMatch(target, source, {x, y});
      ASSERT_EQ(field.At(x, y).x, best.x) << x << ", " << y;
      ASSERT_EQ(field.At(x, y).y, best.y) << x << ", " << y;
    }
  }
}

TEST(ExactField, PutsEveryPixelOfAPictureOnItself) {
  const Frame picture = NoiseFrame(17, 8, 0, 0);
  const MatchField field = ExactField(picture, picture, 1);
  EXPECT_EQ(PatchMse(picture, picture, field, 1), 0);
  EXPECT_EQ(field.At(16, 7).x, 16);
  EXPECT_EQ(field.At(16, 7).y, 7);
}

}  // namespace
}  // namespace weft::bench
