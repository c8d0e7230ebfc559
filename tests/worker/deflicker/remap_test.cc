#include "worker/deflicker/remap.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

// The header's sentence, word for word.
Frame PlainRemap(const PaddedImage& source, const Field& field, int patch_size) {
  const int radius = patch_size / 2;
  Frame remapped = PlainFrame(field.Width(), field.Height(), 0);
  for (int y = 0; y < field.Height(); ++y) {
    for (int x = 0; x < field.Width(); ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        int sum = 0;
        int count = 0;
        for (int qy = std::max(0, y - radius); qy <= std::min(field.Height() - 1, y + radius);
             ++qy) {
          for (int qx = std::max(0, x - radius); qx <= std::min(field.Width() - 1, x + radius);
               ++qx) {
            const Position match = field.At(qx, qy);
            sum += source.At(match.x + x - qx, match.y + y - qy)[channel];
            ++count;
          }
        }
        remapped.rgb[(std::size_t(y) * field.Width() + x) * 3 + channel] =
            (2 * sum + count) / (2 * count);
      }
    }
  }
  return remapped;
}

// Random matches, with stretches of equal shift of all lengths among them.
Field RandomField(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  Field field(width, height);
  for (int y = 0; y < height; ++y) {
    int from = 0;
    int match_x = 0;
    int match_y = 0;
    for (int x = 0; x < width; ++x) {
      if (x == 0 || random() % 9 == 0) {
        from = x;
        match_x = static_cast<int>(random() % width);
        match_y = static_cast<int>(random() % height);
      }
      field.Set(x, y, PositionAt(std::min(match_x + x - from, width - 1), match_y));
    }
  }
  return field;
}

TEST(Remap, IsWhatTheHeaderSays) {
  for (const int patch_size : {1, 3, 5, 9, 21}) {
    for (const auto& [width, height] : {std::pair(150, 20), std::pair(31, 17), std::pair(3, 2)}) {
      SCOPED_TRACE(testing::Message() << patch_size << ": " << width << "x" << height);
      const PaddedImage source(NoiseFrame(width, height, 5), 10);
      const Field field = RandomField(width, height, 6);
      EXPECT_EQ(Remap(source, field, patch_size).ToFrame(), PlainRemap(source, field, patch_size));
    }
  }
}

TEST(Remap, ChangesNothingWhenEveryPixelIsInItsPlace) {
  const Frame frame = NoiseFrame(70, 30, 1);
  EXPECT_EQ(Remap(PaddedImage(frame, 4), Field(70, 30), 9).ToFrame(), frame);
}

TEST(Remap, KeepsWhiteWhiteWithTheLargestPatch) {
  const Frame white = PlainFrame(64, 40, 255);
  EXPECT_EQ(Remap(PaddedImage(white, 10), RandomField(64, 40, 2), 21).ToFrame(), white);
}

}  // namespace
}  // namespace weft::deflicker
