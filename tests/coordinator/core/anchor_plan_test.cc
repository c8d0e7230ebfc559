// Where a job's anchors come from, and where they go.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/core/plan_words.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST(PlanJob, TakesTheAnchorsThatAreGiven) {
  v1::JobSpec spec = SampleSpec();
  spec.add_anchor_frames(3);
  spec.add_anchor_frames(19);
  const JobPlan plan = Plan(spec, SampleClip(20));
  EXPECT_THAT(plan.anchors, ElementsAre(3, 19));
  EXPECT_THAT(Find(plan, Stage::kAnchor).anchor_frames, ElementsAre(3, 19));
  spec.add_anchor_frames(20);
  const auto refused = PlanJob(spec, SampleClip(20));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "anchor_frames: 20 is no frame of the job, which has 20, counted from 0");
}

TEST(PlanJob, AnchorsThatAreKeptWithTheResultGoToWhoWritesIt) {
  v1::JobSpec spec = SampleSpec();
  spec.set_anchor_spacing(2);
  spec.set_output_path("weft://_ada/result/neon.mp4");
  EXPECT_THAT(OutputsOf(Find(Plan(spec, SampleClip(60)), Stage::kAnchor, 0)),
              Not(Contains("look")));
  spec.set_save_look_path("weft://_ada/result/neon.mp4.look");
  const JobPlan plan = Plan(spec, SampleClip(60));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kAnchor, 0)), Contains("look"));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kAnchor, 1)), Not(Contains("look")))
      << "the first group's count";
  EXPECT_THAT(InputsOf(Find(plan, Stage::kAssemble)), Contains("anchor look"));
}

}  // namespace
}  // namespace weft::coordinator
