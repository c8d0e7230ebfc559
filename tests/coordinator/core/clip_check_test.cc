#include "coordinator/core/clip_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

TEST(CheckClip, TakesTheSampleAndNamesWhatMakesNoSense) {
  EXPECT_TRUE(CheckClip(SampleClip(20)));
  EXPECT_TRUE(CheckClip(SampleClip(20, 8)));
  EXPECT_FALSE(CheckClip(SampleClip(0)));
  v1::Clip clip = SampleClip(20);
  clip.set_vae_factor(7);
  EXPECT_THAT(CheckClip(clip).error().message(), HasSubstr("padded_size"));
  clip = SampleClip(20);
  clip.add_scene_starts(20);
  EXPECT_THAT(CheckClip(clip).error().message(), HasSubstr("scene_starts"));
  clip = SampleClip(20);
  clip.clear_scene_starts();
  EXPECT_FALSE(CheckClip(clip));
}

TEST(CheckClip, NamesPartsThatMakeNoSense) {
  v1::Clip clip = SampleClip(20);
  clip.add_part_starts(0);
  EXPECT_THAT(CheckClip(clip).error().message(), HasSubstr("part_starts")) << "one is none";
  clip.add_part_starts(20);
  EXPECT_FALSE(CheckClip(clip));
  clip.set_part_starts(1, 19);
  EXPECT_TRUE(CheckClip(clip));
  clip.add_part_starts(19);
  EXPECT_FALSE(CheckClip(clip)) << "not ascending";
}

TEST(CheckFound, OfTheFirstTaskIsAClipOrItsIndex) {
  const TaskPlace index{Stage::kProbe, 0, kProbeIndex};
  EXPECT_TRUE(CheckFound({}, index, SampleClip(20)));
  EXPECT_FALSE(CheckFound({}, index, SampleClip(20, 8))) << "it cannot know the scenes yet";
  v1::Clip clip = SampleClip(20, 8);
  clip.clear_scene_starts();
  EXPECT_TRUE(CheckFound({}, index, clip));
  clip.set_frame_count(16);
  EXPECT_FALSE(CheckFound({}, index, clip));
}

TEST(CheckFound, AnIndexThatIsFoundAgainIsTheSame) {
  const TaskPlace index{Stage::kProbe, 0, kProbeIndex};
  Job job;
  job.indexed = SampleClip(20, 8);
  job.indexed->clear_scene_starts();
  EXPECT_TRUE(CheckFound(job, index, *job.indexed));
  EXPECT_FALSE(CheckFound(job, index, SampleClip(20))) << "its parts' tasks are there already";
  v1::Clip other = *job.indexed;
  other.set_frame_count(19);
  EXPECT_FALSE(CheckFound(job, index, other));
}

}  // namespace
}  // namespace weft::coordinator
