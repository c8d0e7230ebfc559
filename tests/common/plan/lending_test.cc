#include "common/plan/lending.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LentFrames, AreThoseThatSmoothingOutsideReads) {
  EXPECT_THAT(LentFrames({8, 16}, 2, {0}, 20), ElementsAre(8, 9, 14, 15));
  EXPECT_THAT(LentFrames({0, 8}, 2, {0}, 20), ElementsAre(6, 7)) << "nothing comes before";
  EXPECT_THAT(LentFrames({16, 20}, 2, {0}, 20), ElementsAre(16, 17)) << "nothing follows";
  EXPECT_THAT(LentFrames({0, 20}, 2, {0}, 20), IsEmpty());
  EXPECT_THAT(LentFrames({8, 16}, 0, {0}, 20), IsEmpty());
  EXPECT_THAT(LentFrames({4, 6}, 9, {0}, 20), ElementsAre(4, 5)) << "once, whoever reads it";
}

TEST(LentFrames, DoNotGoAcrossASceneCut) {
  EXPECT_THAT(LentFrames({8, 16}, 2, {0, 8}, 20), ElementsAre(14, 15));
  EXPECT_THAT(LentFrames({8, 16}, 3, {0, 9, 15}, 20), ElementsAre(8, 15));
}

const std::vector<std::uint32_t> kScenes = {0, 5, 6, 17};
constexpr std::uint32_t kFrames = 23;

// Whether the window of some frame outside of the core holds the frame.
bool IsRead(std::uint32_t frame, FrameRange core, std::uint32_t window) {
  for (std::uint32_t other = 0; other < kFrames; ++other) {
    if (!core.Contains(other) && SmoothingWindow(other, window, kScenes, kFrames).Contains(frame)) {
      return true;
    }
  }
  return false;
}

void ExpectAllThatAreReadAndNoOther(FrameRange core, std::uint32_t window) {
  std::vector<std::uint32_t> read;
  for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
    if (IsRead(frame, core, window)) {
      read.push_back(frame);
    }
  }
  EXPECT_EQ(LentFrames(core, window, kScenes, kFrames), read)
      << core.begin << ".." << core.end << ", window " << window;
}

TEST(LentFrames, AreNoMoreAndNoLessThanWhatWindowsHold) {
  for (std::uint32_t window = 0; window < 8; ++window) {
    for (std::uint32_t begin = 0; begin < kFrames; ++begin) {
      for (std::uint32_t end = begin + 1; end <= kFrames; ++end) {
        ExpectAllThatAreReadAndNoOther({begin, end}, window);
      }
    }
  }
}

TEST(PictureName, IsKnownAgain) {
  EXPECT_EQ(PictureName(17), "picture/17");
  EXPECT_TRUE(IsPictureName(PictureName(0)));
  EXPECT_FALSE(IsPictureName("preview"));
}

}  // namespace
}  // namespace weft
