#include "worker/frame/geometry.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

// Each letter is a pixel of three equal values.
Frame FromRows(const std::vector<std::string>& rows) {
  Frame frame{static_cast<int>(rows.front().size()), static_cast<int>(rows.size()), {}};
  for (const std::string& row : rows) {
    for (const char letter : row) {
      frame.rgb.insert(frame.rgb.end(), 3, static_cast<std::uint8_t>(letter));
    }
  }
  return frame;
}

TEST(PadByReflection, DoesNotRepeatTheEdge) {
  EXPECT_EQ(PadByReflection(FromRows({"abc", "def"}), 5, 3), FromRows({"abcba", "defed", "abcba"}));
}

TEST(PadByReflection, ReflectsAgainWhenTheFrameIsTooSmall) {
  EXPECT_EQ(PadByReflection(FromRows({"abc"}), 10, 3),
            FromRows({"abcbabcbab", "abcbabcbab", "abcbabcbab"}));
}

TEST(PadByReflection, RepeatsASinglePixel) {
  EXPECT_EQ(PadByReflection(FromRows({"a"}), 3, 2), FromRows({"aaa", "aaa"}));
}

TEST(PadByReflection, KeepsTheChannelsInOrder) {
  const Frame frame{2, 1, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(PadByReflection(frame, 3, 1), (Frame{3, 1, {1, 2, 3, 4, 5, 6, 1, 2, 3}}));
}

TEST(Crop, UndoesPadding) {
  const Frame frame = FromRows({"abcd", "efgh", "ijkl"});
  EXPECT_EQ(Crop(PadByReflection(frame, 64, 8), 4, 3), frame);
}

TEST(Crop, KeepsTheUpperLeftCorner) {
  EXPECT_EQ(Crop(FromRows({"abc", "def"}), 2, 1), FromRows({"ab"}));
}

}  // namespace
}  // namespace weft
