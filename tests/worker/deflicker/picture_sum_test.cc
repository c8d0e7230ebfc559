#include "worker/deflicker/picture_sum.h"

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

MatchPlanes Flat(std::uint8_t level) {
  return MatchPlanes(PlainFrame(9, 7, level));
}

TEST(PictureSum, RoundsTheMeanToNearest) {
  PictureSum sum(Flat(0));
  sum.Add(Flat(10), 2);
  sum.Add(Flat(12), 1);
  EXPECT_EQ(sum.Mean().ToFrame(), PlainFrame(9, 7, 11)) << "10.67";
  sum.Add(Flat(10), 1);
  EXPECT_EQ(sum.Mean().ToFrame(), PlainFrame(9, 7, 11)) << "10.5";
  sum.Add(Flat(12), -1);
  EXPECT_EQ(sum.Mean().ToFrame(), PlainFrame(9, 7, 10));
}

// Few pictures are divided by multiplying, many are not: both must round alike.
TEST(PictureSum, RoundsAlikeForEveryCount) {
  const MatchPlanes low = Flat(100);
  const MatchPlanes high = Flat(101);
  for (const int count : {2, 3, 7, 32, 511, 2047, 2048, 2049, 5000}) {
    for (const int more : {0, count / 2 - 1, count / 2, count / 2 + 1, count}) {
      PictureSum sum(low);
      sum.Add(low, count - more);
      sum.Add(high, more);
      const std::uint8_t expected = 2 * more >= count ? 101 : 100;
      EXPECT_EQ(sum.Mean().ToFrame(), PlainFrame(9, 7, expected)) << more << " of " << count;
    }
  }
}

TEST(PictureSum, RoundsSixteenBitsAlikeForEveryCount) {
  Frame frame = PlainFrame(9, 7, 0);
  frame.deep.assign(frame.rgb.size(), 65534);
  const DeepPlanes low(frame);
  frame.deep.assign(frame.rgb.size(), 65535);
  const DeepPlanes high(frame);
  for (const int count : {1, 2, 3, 7, 32, 511, 2047, 2048, 2049, 5000}) {
    for (const int more : {0, count / 2, (count + 1) / 2, count / 2 + 1, count}) {
      DeepPictureSum sum(low);
      sum.Add(low, count - more);
      sum.Add(high, more);
      EXPECT_EQ(*sum.Mean().At(2, 8, 6), 2 * more >= count ? 65535 : 65534)
          << more << " of " << count;
    }
  }
}

TEST(PictureSum, BeginsAnewForAnotherSize) {
  PictureSum sum(Flat(7));
  sum.Add(Flat(7), 5);
  const MatchPlanes other(PlainFrame(4, 3, 9));
  sum.Begin(other);
  sum.Add(other, 1);
  EXPECT_EQ(sum.Mean().ToFrame(), PlainFrame(4, 3, 9));
}

TEST(PictureSum, FillsTheMeansMargin) {
  PictureSum sum(Flat(0));
  sum.Add(MatchPlanes(NoiseFrame(9, 7, 5)), 3);
  const MatchPlanes mean = sum.Mean();
  EXPECT_EQ(*mean.At(1, -20, 3), *mean.At(1, 0, 3));
  EXPECT_EQ(*mean.At(2, 15, 20), *mean.At(2, 8, 6));
}

}  // namespace
}  // namespace weft::deflicker
