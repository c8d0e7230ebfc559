#include "common/plan/picture_runs.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PictureGroups, BeginWithScenesAndAreNeverLonger) {
  EXPECT_THAT(PictureGroups(10, {0, 12}, 30), ElementsAre(FrameRange{0, 10}, FrameRange{10, 12},
                                                          FrameRange{12, 22}, FrameRange{22, 30}));
  EXPECT_THAT(PictureGroups(100, {0}, 30), ElementsAre(FrameRange{0, 30}));
}

TEST(PictureRuns, EndWithGroupsAndChunks) {
  const std::vector<FrameRange> groups = PictureGroups(10, {0, 12}, 30);
  EXPECT_THAT(PictureRuns({8, 16}, groups),
              ElementsAre(FrameRange{8, 10}, FrameRange{10, 12}, FrameRange{12, 16}));
  EXPECT_THAT(PictureRuns({22, 30}, groups), ElementsAre(FrameRange{22, 30}));
  EXPECT_THAT(PictureRuns({0, 8}, {}), IsEmpty());
}

TEST(PictureRuns, AreShort) {
  EXPECT_THAT(PictureRuns({8, 100}, {{0, 250}}),
              ElementsAre(FrameRange{8, 40}, FrameRange{40, 72}, FrameRange{72, 100}));
}

// What brings runs and what reads them name the same ones.
TEST(PictureRuns, AreTheSameForEachGroupAlone) {
  for (const std::uint32_t group_frames : {1U, 7U, 50U, 120U}) {
    const std::vector<FrameRange> groups = PictureGroups(group_frames, {0, 91, 92}, 300);
    for (const std::uint32_t chunk_frames : {1U, 16U, 33U, 70U, 300U}) {
      std::vector<FrameRange> brought;
      std::vector<FrameRange> read;
      for (std::uint32_t begin = 0; begin < 300; begin += chunk_frames) {
        const FrameRange core = {begin, std::min(begin + chunk_frames, 300U)};
        for (const FrameRange run : PictureRuns(core, groups)) {
          brought.push_back(run);
        }
        for (const FrameRange group : groups) {
          for (const FrameRange run : PictureRuns(core, {group})) {
            read.push_back(run);
          }
        }
      }
      EXPECT_EQ(read, brought);
      EXPECT_EQ(brought.front().begin, 0U);
      EXPECT_EQ(brought.back().end, 300U);
      for (std::size_t i = 1; i < brought.size(); ++i) {
        EXPECT_EQ(brought[i].begin, brought[i - 1].end) << "without gaps";
      }
    }
  }
}

TEST(RunName, IsThatOfItsFirstFrame) {
  EXPECT_EQ(RunName({48, 64}), "run/48");
}

}  // namespace
}  // namespace weft
