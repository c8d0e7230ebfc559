// Plans of jobs whose frames attend to others of other chunks at every step.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/plan/frame_attention.h"
#include "coordinator/core/chunk_plan.h"
#include "tests/coordinator/core/plan_words.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

v1::JobSpec JointSpec() {
  v1::JobSpec spec = SampleSpec();
  spec.set_anchors_attended(0);
  spec.clear_controls();
  spec.set_steps(3);
  spec.clear_smooth_steps();
  spec.add_smooth_steps(1);
  return spec;
}

TEST(PlanJob, ReadsAtEveryStepWhatAPatternAttendsTo) {
  v1::JobSpec spec = JointSpec();
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_PATTERN);
  for (const int offset : {kFirstFrame, -1, 0, 2}) {
    spec.mutable_attention()->add_pattern(offset);
  }
  const JobPlan plan = Plan(spec, SampleClip(30));
  EXPECT_EQ(Count(plan, Stage::kAnchor), 0U);
  EXPECT_EQ(plan.rounds.size(), 4U);
  EXPECT_THAT(InputsOf(Find(plan, Stage::kDenoise, 2, 0)), IsEmpty()) << "the first step starts";
  const PlannedTask& predicts = Find(plan, Stage::kDenoise, 2, 1);
  EXPECT_THAT(predicts.context_frames, ElementsAre(0, 15, 24, 25));
  EXPECT_EQ(predicts.halo, (FrameRange{15, 26}));
  EXPECT_THAT(InputsOf(predicts),
              UnorderedElementsAre("denoise 0.0 latents", "denoise 1.0 latents",
                                   "denoise 2.0 latents", "denoise 3.0 latents"));
  EXPECT_THAT(OutputsOf(predicts), UnorderedElementsAre("latents", "x0", "picture/16", "picture/17",
                                                        "picture/22", "picture/23"));
  const PlannedTask& smooths = Find(plan, Stage::kDenoise, 2, 2);
  EXPECT_THAT(smooths.context_frames, IsEmpty());
  EXPECT_THAT(InputsOf(smooths),
              UnorderedElementsAre("denoise 2.1 latents", "denoise 2.1 x0",
                                   "denoise 1.1 picture/14", "denoise 1.1 picture/15",
                                   "denoise 2.1 picture/16", "denoise 2.1 picture/17",
                                   "denoise 2.1 picture/22", "denoise 2.1 picture/23",
                                   "denoise 3.1 picture/24", "denoise 3.1 picture/25"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kDenoise, 2, 3)), SizeIs(4));
}

TEST(PlanJob, ReadsTheWindowsThatAChunkTouches) {
  v1::JobSpec spec = JointSpec();
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_WINDOW);
  spec.mutable_attention()->set_window(6);
  spec.mutable_attention()->set_stride(4);
  // Windows begin at 0, 4, 8, 12, 16, 20, 24; the chunk is 8 .. 15.
  const PlannedTask task = Find(Plan(spec, SampleClip(30)), Stage::kDenoise, 1, 1);
  EXPECT_THAT(task.context_frames, ElementsAre(4, 5, 6, 7, 16, 17));
  EXPECT_EQ(task.halo, (FrameRange{4, 18}));
}

TEST(PlanJob, RefusesMoreContextThanAPlanHolds) {
  v1::JobSpec spec = JointSpec();
  spec.set_chunk_frames(1);
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_WINDOW);
  spec.mutable_attention()->set_window(64);
  spec.mutable_attention()->set_stride(1);
  const auto plan = PlanNewJob(spec, SampleClip(200'000));
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message(), ::testing::HasSubstr("frames beside their own"));
}

TEST(PlanJob, RefusesTensorsThatNoMessageHolds) {
  v1::JobSpec spec = SampleSpec();
  spec.set_chunk_frames(4000);
  v1::Clip clip = SampleClip(4000);
  clip.mutable_padded_size()->set_width(8192);
  clip.mutable_padded_size()->set_height(8192);
  const auto plan = PlanNewJob(spec, clip);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message(), ::testing::HasSubstr("take shorter chunks"));
  EXPECT_TRUE(PlanJob(spec, clip)) << "a job that was planned before is still read";
}

}  // namespace
}  // namespace weft::coordinator
