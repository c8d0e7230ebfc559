#include "worker/deflicker/field.h"

#include <gtest/gtest.h>

namespace weft::deflicker {
namespace {

TEST(Field, BeginsWithEveryPixelInItsPlace) {
  const Field field(4, 3);
  EXPECT_EQ(field.At(0, 0), (Position{0, 0}));
  EXPECT_EQ(field.At(3, 2), (Position{3, 2}));
}

TEST(Field, KeepsEveryPixelInItsPlaceWhenEnlarged) {
  for (const auto& [width, height] : {std::pair(8, 6), std::pair(7, 5), std::pair(1, 1)}) {
    const Field enlarged = Field((width + 1) / 2, (height + 1) / 2).Enlarged(width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        ASSERT_EQ(enlarged.At(x, y), Field(width, height).At(x, y));
      }
    }
  }
}

TEST(Field, DoublesShiftsWhenEnlargedAlsoOnOddPixels) {
  Field field(8, 8);
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 5; ++x) {
      field.Set(x, y, PositionAt(x + 3, y + 2));
    }
  }
  const Field enlarged = field.Enlarged(16, 16);
  for (int y = 0; y < 12; ++y) {
    for (int x = 0; x < 10; ++x) {
      ASSERT_EQ(enlarged.At(x, y).x, x + 6);
      ASSERT_EQ(enlarged.At(x, y).y, y + 4);
    }
  }
}

TEST(Field, StaysInsideAnOddSizeWhenEnlarged) {
  Field field(3, 2);
  field.Set(1, 0, {2, 1});
  const Field enlarged = field.Enlarged(5, 3);
  EXPECT_EQ(enlarged.At(3, 1), (Position{4, 2}));
}

}  // namespace
}  // namespace weft::deflicker
