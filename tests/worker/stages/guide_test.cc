#include "worker/stages/guide.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::worker {
namespace {

using media::ClipFacts;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ClipFacts Facts(std::uint32_t frame_count, int width, int height, int rate) {
  ClipFacts facts;
  facts.frame_count = frame_count;
  facts.width = width;
  facts.height = height;
  facts.rate_numerator = rate;
  for (std::uint32_t i = 0; i < frame_count; ++i) {
    facts.seconds.push_back(static_cast<double>(i) / rate);
  }
  facts.duration_seconds = static_cast<double>(frame_count) / rate;
  return facts;
}

v1::JobSpec Job(bool align) {
  v1::JobSpec job;
  job.set_input_path("/clips/style.mp4");
  job.set_guide_path("/clips/guide.mp4");
  job.set_align_guide(align);
  return job;
}

std::string Complaint(const ClipFacts& guide, const ClipFacts& style, bool align = false) {
  const v1::JobSpec job = Job(align);
  const Status checked = CheckGuide({job, guide, style}, {0, style.frame_count});
  if (!checked) {
    EXPECT_EQ(checked.error().code(), ErrorCode::kInvalidArgument);
  }
  return checked ? "nothing" : checked.error().message();
}

std::vector<std::uint32_t> Aligned(const ClipFacts& guide, const ClipFacts& style) {
  const v1::JobSpec job = Job(true);
  return GuideFrames({job, guide, style}, {0, style.frame_count});
}

TEST(CheckGuide, TakesClipsThatMatch) {
  EXPECT_EQ(Complaint(Facts(120, 640, 360, 25), Facts(120, 640, 360, 25)), "nothing");
  ClipFacts rounded = Facts(120, 640, 360, 30);
  for (double& second : rounded.seconds) {
    second = std::round(second * 1000) / 1000;
  }
  EXPECT_EQ(Complaint(rounded, Facts(120, 640, 360, 30)), "nothing");
}

TEST(CheckGuide, NamesBothClipsAndWhatEachHas) {
  EXPECT_THAT(Complaint(Facts(120, 640, 360, 25), Facts(118, 640, 360, 25)),
              AllOf(HasSubstr("/clips/guide.mp4 has 120 frames of 640x360 at 25 frames/s"),
                    HasSubstr("/clips/style.mp4 has 118 frames of 640x360"), HasSubstr("--align")));
  EXPECT_THAT(Complaint(Facts(9, 640, 360, 25), Facts(9, 360, 640, 25)),
              AllOf(HasSubstr("640x360"), HasSubstr("360x640"), HasSubstr("--align")));
  EXPECT_THAT(Complaint(Facts(9, 64, 36, 30), Facts(9, 64, 36, 25)),
              AllOf(HasSubstr("at 30 frames/s"), HasSubstr("at 25 frames/s")));
  EXPECT_THAT(Complaint(Facts(1, 64, 36, 30), Facts(2, 64, 36, 30)), HasSubstr("1 frame of"));
}

TEST(CheckGuide, ComparesTheTimesOfVariableRates) {
  ClipFacts guide = Facts(10, 64, 36, 25);
  guide.variable_rate = true;
  guide.rate_numerator = 24;
  EXPECT_EQ(Complaint(guide, Facts(10, 64, 36, 25)), "nothing");
  guide.seconds[7] += 0.03;
  EXPECT_THAT(Complaint(guide, Facts(10, 64, 36, 25)),
              AllOf(HasSubstr("guide.mp4 shows frame 7 at 0.310 s"),
                    HasSubstr("style.mp4 shows frame 7 at 0.280 s"), HasSubstr("--align")));
}

TEST(CheckGuide, AlignedTheGuideMustReachAsFarAndHaveTheShape) {
  EXPECT_EQ(Complaint(Facts(240, 1920, 1080, 50), Facts(118, 960, 544, 25), true), "nothing");
  EXPECT_EQ(Complaint(Facts(118, 64, 36, 25), Facts(120, 64, 36, 25), true), "nothing")
      << "a few frames may be missing";
  EXPECT_THAT(Complaint(Facts(60, 64, 36, 25), Facts(120, 64, 36, 25), true),
              AllOf(HasSubstr("guide.mp4 ends after 2.400 s"), HasSubstr("frame 119 at 4.760 s"),
                    HasSubstr("--frames")));
  EXPECT_THAT(Complaint(Facts(9, 640, 360, 25), Facts(9, 360, 640, 25), true),
              AllOf(HasSubstr("crop or turn"), Not(HasSubstr("--align"))));
  const v1::JobSpec job = Job(true);
  const ClipFacts guide = Facts(60, 64, 36, 25);
  const ClipFacts style = Facts(120, 64, 36, 25);
  EXPECT_TRUE(CheckGuide({job, guide, style}, {10, 60})) << "only the job's frames count";
  EXPECT_FALSE(CheckGuide({job, guide, style}, {10, 121}));
}

TEST(GuideFrames, HaveTheSameNumbersUnlessAligned) {
  const v1::JobSpec job = Job(false);
  const ClipFacts facts = Facts(9, 64, 36, 25);
  EXPECT_THAT(GuideFrames({job, facts, facts}, {3, 6}), ElementsAre(3, 4, 5));
}

TEST(GuideFrames, AreThoseShownAtTheTimeWhenAligned) {
  EXPECT_THAT(Aligned(Facts(4, 64, 36, 25), Facts(8, 64, 36, 50)),
              ElementsAre(0, 0, 1, 1, 2, 2, 3, 3));
  EXPECT_THAT(Aligned(Facts(8, 64, 36, 50), Facts(4, 64, 36, 25)), ElementsAre(0, 2, 4, 6));
  EXPECT_THAT(Aligned(Facts(12, 64, 36, 30), Facts(10, 64, 36, 25)),
              ElementsAre(0, 1, 2, 3, 4, 6, 7, 8, 9, 10));
  EXPECT_THAT(Aligned(Facts(3, 64, 36, 25), Facts(5, 64, 36, 25)), ElementsAre(0, 1, 2, 2, 2))
      << "the last one stands where the guide has ended";
}

TEST(GuideFrames, DoNotSlipWhereTimesWereRounded) {
  ClipFacts early = Facts(200, 64, 36, 30);
  for (std::size_t i = 0; i < early.seconds.size(); ++i) {
    early.seconds[i] -= i % 3 == 0 ? 0.001 : 0.0;
  }
  const std::vector<std::uint32_t> frames = Aligned(Facts(200, 64, 36, 30), early);
  for (std::uint32_t i = 0; i < 200; ++i) {
    EXPECT_EQ(frames[i], i);
  }
}

TEST(GuideSceneStarts, AreCountedAlongTheStylesFrames) {
  EXPECT_THAT(GuideSceneStarts({0, 3}, {0, 1, 2, 3, 4, 5}), ElementsAre(0, 3));
  EXPECT_THAT(GuideSceneStarts({0, 2}, {1, 1, 2, 2, 3, 3, 4, 4}), ElementsAre(0, 4));
  EXPECT_THAT(GuideSceneStarts({0, 3}, {0, 2, 4, 6}), ElementsAre(0, 2))
      << "also where the frame of the cut itself is passed over";
  EXPECT_THAT(GuideSceneStarts({0}, {5}), ElementsAre(0));
  EXPECT_EQ(GuideRange({2, 2, 5, 7}), (FrameRange{2, 8}));
}

}  // namespace
}  // namespace weft::worker
