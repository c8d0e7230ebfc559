#include "common/plan/probe_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::uint32_t> Every(std::uint32_t spacing, std::uint32_t frame_count) {
  std::vector<std::uint32_t> key_frames;
  for (std::uint32_t frame = 0; frame < frame_count; frame += spacing) {
    key_frames.push_back(frame);
  }
  return key_frames;
}

TEST(ProbeParts, AreAboutEquallyLongAndBeginAtKeyFrames) {
  EXPECT_THAT(ProbeParts(3000, Every(250, 3000)), ElementsAre(0, 1000, 2000));
  EXPECT_THAT(ProbeParts(3999, Every(250, 3999)), ElementsAre(0, 1500, 2750))
      << "the first key frames from 1333 and 2666 on";
  EXPECT_THAT(ProbeParts(3000, {0, 7, 1001, 1002, 2500}), ElementsAre(0, 1001, 2500));
}

TEST(ProbeParts, AreNoneOfAShortClip) {
  EXPECT_THAT(ProbeParts(0, {}), IsEmpty());
  EXPECT_THAT(ProbeParts(1999, Every(10, 1999)), IsEmpty());
  EXPECT_THAT(ProbeParts(2000, Every(10, 2000)), ElementsAre(0, 1000));
}

TEST(ProbeParts, AreFewerWhereKeyFramesAre) {
  EXPECT_THAT(ProbeParts(5000, {}), IsEmpty());
  EXPECT_THAT(ProbeParts(5000, {0}), IsEmpty());
  EXPECT_THAT(ProbeParts(5000, {0, 4500}), ElementsAre(0, 4500)) << "once, not for every cut";
  EXPECT_THAT(ProbeParts(5000, {0, 5000}), IsEmpty()) << "no key frame behind the job's last frame";
}

TEST(ProbeParts, AreNeverMoreThanThatMany) {
  constexpr std::uint32_t kFrames = 10'000'000;
  EXPECT_THAT(ProbeParts(kFrames, Every(100, kFrames)), SizeIs(kProbePartsMax));
}

TEST(ProbePart, LastsUntilTheNextOne) {
  EXPECT_EQ(ProbePart({0, 1000, 1750}, 1, 2000), (FrameRange{1000, 1750}));
  EXPECT_EQ(ProbePart({0, 1000, 1750}, 2, 2000), (FrameRange{1750, 2000}));
}

}  // namespace
}  // namespace weft
