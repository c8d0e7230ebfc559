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

// Goal: every frame that some chunk reads of another is lent, and no other. Method: each window of
// each frame, for many ways to cut.
TEST(LentFrames, AreNoMoreAndNoLessThanWhatWindowsHold) {
  const std::vector<std::uint32_t> scenes = {0, 5, 6, 17};
  constexpr std::uint32_t kFrames = 23;
  for (std::uint32_t chunk = 1; chunk <= kFrames; ++chunk) {
    for (std::uint32_t window = 0; window < 8; ++window) {
      for (std::uint32_t begin = 0; begin < kFrames; begin += chunk) {
        const FrameRange core{begin, std::min(begin + chunk, kFrames)};
        std::vector<std::uint32_t> read;
        for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
          bool is_read = false;
          for (std::uint32_t other = 0; other < kFrames; ++other) {
            is_read = is_read || (!core.Contains(other) &&
                                  SmoothingWindow(other, window, scenes, kFrames).Contains(frame));
          }
          if (is_read) {
            read.push_back(frame);
          }
        }
        EXPECT_EQ(LentFrames(core, window, scenes, kFrames), read)
            << core.begin << ".." << core.end << ", window " << window;
      }
    }
  }
}

}  // namespace
}  // namespace weft
