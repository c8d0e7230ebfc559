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
void ExpectTheSameForEachGroup(std::uint32_t chunk_frames, const std::vector<FrameRange>& groups) {
  std::vector<FrameRange> brought;
  std::vector<FrameRange> read;
  for (std::uint32_t begin = 0; begin < groups.back().end; begin += chunk_frames) {
    const FrameRange core = {begin, std::min(begin + chunk_frames, groups.back().end)};
    const auto runs = PictureRuns(core, groups);
    brought.insert(brought.end(), runs.begin(), runs.end());
    for (const FrameRange group : groups) {
      const auto of_group = PictureRuns(core, {group});
      read.insert(read.end(), of_group.begin(), of_group.end());
    }
  }
  EXPECT_EQ(read, brought);
  std::uint32_t next = 0;
  for (const FrameRange run : brought) {
    EXPECT_EQ(run.begin, next) << "without gaps";
    next = run.end;
  }
  EXPECT_EQ(next, groups.back().end);
}

TEST(PictureRuns, AreTheSameForEachGroupAlone) {
  for (const std::uint32_t group_frames : {1U, 7U, 50U, 120U}) {
    for (const std::uint32_t chunk_frames : {1U, 16U, 33U, 70U, 300U}) {
      ExpectTheSameForEachGroup(chunk_frames, PictureGroups(group_frames, {0, 91, 92}, 300));
    }
  }
}

TEST(RunName, IsThatOfItsFirstFrame) {
  EXPECT_EQ(RunName({48, 64}), "run/48");
}

}  // namespace
}  // namespace weft
