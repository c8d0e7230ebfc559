#include "worker/deflicker/padded_image.h"

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

TEST(PaddedImage, HoldsTheFrame) {
  const Frame frame = NoiseFrame(7, 5, 1);
  EXPECT_EQ(PaddedImage(frame, 4).ToFrame(), frame);
  EXPECT_EQ(PaddedImage(frame, 0).ToFrame(), frame);
}

TEST(PaddedImage, RepeatsItsEdges) {
  const PaddedImage image(NoiseFrame(3, 2, 1), 4);
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_EQ(image.At(-4, -4)[channel], image.At(0, 0)[channel]);
    EXPECT_EQ(image.At(6, 5)[channel], image.At(2, 1)[channel]);
    EXPECT_EQ(image.At(1, 5)[channel], image.At(1, 1)[channel]);
    EXPECT_EQ(image.At(-3, 1)[channel], image.At(0, 1)[channel]);
  }
}

TEST(PaddedImage, HalvesByRoundedMeans) {
  Frame frame = PlainFrame(2, 2, 0);
  const std::uint8_t reds[] = {1, 2, 2, 1};  // Mean 1.5, rounded 2.
  for (int i = 0; i < 4; ++i) {
    frame.rgb[3 * i] = reds[i];
    frame.rgb[3 * i + 2] = 255;
  }
  const PaddedImage half = Halved(PaddedImage(frame, 2));
  EXPECT_EQ(half.ToFrame(), (Frame{1, 1, {2, 0, 255}}));
}

TEST(PaddedImage, RepeatsTheLastColumnAndRowOfAnOddSizeWhenHalved) {
  const Frame frame = NoiseFrame(5, 3, 2);
  const PaddedImage half = Halved(PaddedImage(frame, 2));
  EXPECT_EQ(half.Width(), 3);
  EXPECT_EQ(half.Height(), 2);
  const std::size_t corner = (2 * 5 + 4) * 3;
  EXPECT_EQ(half.At(2, 1)[0], frame.rgb[corner]);
}

}  // namespace
}  // namespace weft::deflicker
