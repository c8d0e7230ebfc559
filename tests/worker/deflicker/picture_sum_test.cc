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

TEST(PictureSum, FillsTheMeansMargin) {
  PictureSum sum(Flat(0));
  sum.Add(MatchPlanes(NoiseFrame(9, 7, 5)), 3);
  const MatchPlanes mean = sum.Mean();
  EXPECT_EQ(*mean.At(1, -20, 3), *mean.At(1, 0, 3));
  EXPECT_EQ(*mean.At(2, 15, 20), *mean.At(2, 8, 6));
}

}  // namespace
}  // namespace weft::deflicker
