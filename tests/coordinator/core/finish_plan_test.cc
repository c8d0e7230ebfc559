#include "coordinator/core/finish_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/plan/frame_attention.h"
#include "coordinator/core/job_tally.h"
#include "tests/coordinator/core/plan_words.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

// Frames 0 to 29 in chunks of 8, with a cut at 12.
v1::Clip TwoScenes() {
  v1::Clip clip = SampleClip(30);
  clip.add_scene_starts(12);
  return clip;
}

v1::JobSpec Checked(std::uint32_t checks) {
  v1::JobSpec spec = SampleSpec();
  spec.set_seam_report(true);
  spec.set_seam_checks(checks);
  return spec;
}

TEST(FinishPlan, GroupsOfPicturesReadTheChunksThatTheyLieIn) {
  v1::JobSpec spec = SampleSpec();
  spec.set_group_frames(10);
  const JobPlan plan = Plan(spec, TwoScenes());
  ASSERT_EQ(Count(plan, Stage::kEncode), 4U);
  EXPECT_EQ(Find(plan, Stage::kEncode, 0).core, (FrameRange{0, 10}));
  EXPECT_EQ(Find(plan, Stage::kEncode, 1).core, (FrameRange{10, 12}));
  EXPECT_EQ(Find(plan, Stage::kEncode, 2).core, (FrameRange{12, 22}));
  EXPECT_EQ(Find(plan, Stage::kEncode, 3).core, (FrameRange{22, 30}));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kEncode, 2)),
              ElementsAre("finish 1 run/12", "finish 2 run/16"));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kFinish, 1)), ElementsAre("run/8", "run/10", "run/12"));
  EXPECT_THAT(
      InputsOf(Find(plan, Stage::kAssemble)),
      ElementsAre("encode 0 segment", "encode 1 segment", "encode 2 segment", "encode 3 segment"));
}

TEST(FinishPlan, GroupsDoNotDependOnChunks) {
  v1::JobSpec spec = SampleDeflicker();
  spec.set_group_frames(10);
  std::vector<FrameRange> expected;
  for (const std::uint32_t chunk_frames : {1U, 7U, 30U}) {
    spec.set_chunk_frames(chunk_frames);
    std::vector<FrameRange> groups;
    for (const PlannedTask& task : Plan(spec, TwoScenes()).tasks) {
      if (task.place.stage == Stage::kEncode) {
        groups.push_back(task.core);
      }
    }
    EXPECT_EQ(groups.size(), 4U);
    expected = expected.empty() ? groups : expected;
    EXPECT_EQ(groups, expected);
  }
}

TEST(FinishPlan, ChunksAreJoinedAsTheyAreWithoutGroupsOrLoss) {
  v1::JobSpec spec = SampleSpec();
  for (const bool lossless : {false, true}) {
    spec.set_lossless(lossless);
    spec.set_group_frames(lossless ? 10 : 0);
    const JobPlan plan = Plan(spec, TwoScenes());
    EXPECT_EQ(Count(plan, Stage::kEncode), 0U);
    EXPECT_THAT(InputsOf(Find(plan, Stage::kAssemble)),
                ElementsAre("finish 0 segment", "finish 1 segment", "finish 2 segment",
                            "finish 3 segment"));
  }
}

TEST(FinishPlan, RunsAreLosslessAndTheFileIsNot) {
  v1::JobSpec spec = SampleSpec();
  const JobPlan before = Plan(spec, TwoScenes());
  const std::uint64_t frame = Find(before, Stage::kFinish, 0).outputs.front().bytes / 8;
  spec.set_group_frames(30);
  const JobPlan plan = Plan(spec, SampleClip(30));
  EXPECT_GT(Find(plan, Stage::kFinish, 0).outputs.front().bytes, 8 * frame);
  EXPECT_EQ(Find(plan, Stage::kEncode, 0).outputs.front().bytes, 30 * frame);
}

TEST(FinishPlan, ASeamCheckMakesTheFramesBesideABorderAgain) {
  const JobPlan plan = Plan(Checked(1), TwoScenes());
  const JobPlan before = Plan(SampleSpec(), TwoScenes());
  EXPECT_EQ(plan.chunks, before.chunks);
  const PlannedTask& begins = Find(plan, Stage::kDenoise, 4, 0);
  EXPECT_TRUE(begins.checks_seam);
  EXPECT_EQ(begins.core, (FrameRange{15, 17})) << "of 8, 16 and 24";
  EXPECT_THAT(OutputsOf(begins), ElementsAre("latents", "x0"));
  EXPECT_THAT(InputsOf(begins), IsSupersetOf({"annotate 1 control/0", "annotate 2 control/0"}));
  EXPECT_THAT(InputsOf(begins), Not(Contains("annotate 4 control/0")));
  EXPECT_THAT(
      InputsOf(Find(plan, Stage::kDenoise, 4, 1)),
      IsSupersetOf({"denoise 4.0 latents", "denoise 4.0 x0", "denoise 1.0 picture/13",
                    "denoise 1.0 picture/14", "denoise 2.0 picture/17", "denoise 2.0 picture/18"}));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kDenoise, 2, 0)), Contains("picture/18"));
  EXPECT_THAT(OutputsOf(Find(before, Stage::kDenoise, 2, 0)), Not(Contains("picture/18")));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kFinish, 1)), ElementsAre("segment", "picture/15"));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kFinish, 2)), ElementsAre("segment", "picture/16"));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kFinish, 3)), ElementsAre("segment"));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kFinish, 4)), ElementsAre("picture/15", "picture/16"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kAssemble)),
              IsSupersetOf({"finish 1 picture/15", "finish 2 picture/16", "finish 4 picture/15",
                            "finish 4 picture/16"}));
}

TEST(FinishPlan, ASeamCheckOfChunksThatExchangeNothingHoldsAllThatItsFramesDependOn) {
  v1::JobSpec spec = Checked(1);
  spec.set_exchange(v1::EXCHANGE_NONE);
  spec.set_overlap_frames(2);
  const JobPlan plan = Plan(spec, SampleClip(30));
  EXPECT_EQ(Find(plan, Stage::kDenoise, 4, 0).core, (FrameRange{9, 23})) << "3 passes of 2";
  const PlannedTask& finish = Find(plan, Stage::kFinish, 4);
  EXPECT_EQ(finish.core, (FrameRange{15, 17}));
  EXPECT_EQ(finish.halo, (FrameRange{9, 23}));
  EXPECT_THAT(InputsOf(finish), ElementsAre("denoise 4.2 latents"));
}

TEST(FinishPlan, NothingIsMadeAgainWithoutAReport) {
  v1::JobSpec spec = Checked(3);
  spec.set_seam_report(false);
  EXPECT_EQ(Plan(spec, TwoScenes()).tasks.size(), Plan(SampleSpec(), TwoScenes()).tasks.size());
  EXPECT_GT(Plan(Checked(3), TwoScenes()).tasks.size(), Plan(Checked(2), TwoScenes()).tasks.size());
}

TEST(FinishPlan, FramesThatAreMadeAgainAreNotCounted) {
  const JobPlan plan = Plan(Checked(3), TwoScenes());
  JobTally tally;
  for (const PlannedTask& task : plan.tasks) {
    tally.Add(task);
    tally.Move(task, TaskState::kWaiting, TaskState::kRunning, 0);
    tally.Move(task, TaskState::kRunning, TaskState::kDone, 0);
  }
  EXPECT_EQ(tally.FramesDone(), 30U);
}

void ExpectThatEveryInputIsBrought(v1::JobSpec spec) {
  spec.set_seam_report(true);
  spec.set_seam_checks(3);
  spec.set_group_frames(7);
  for (const bool steady : {false, true}) {
    for (const std::uint32_t chunk_frames : {1U, 8U, 30U}) {
      spec.set_steady_colours(steady);
      spec.set_chunk_frames(chunk_frames);
      EXPECT_THAT(InputsThatNobodyBrings(Plan(spec, TwoScenes())), IsEmpty())
          << chunk_frames << " frames";
    }
  }
}

TEST(FinishPlan, EveryInputIsBrought) {
  ExpectThatEveryInputIsBrought(SampleSpec());
  ExpectThatEveryInputIsBrought(SampleDeflicker());
  v1::JobSpec apart = SampleSpec();
  apart.set_exchange(v1::EXCHANGE_NONE);
  apart.set_overlap_frames(2);
  ExpectThatEveryInputIsBrought(apart);
  v1::JobSpec joint = SampleSpec();
  joint.set_anchors_attended(0);
  joint.mutable_attention()->set_kind(v1::ATTENTION_KIND_WINDOW);
  joint.mutable_attention()->set_window(8);
  joint.mutable_attention()->set_stride(4);
  ExpectThatEveryInputIsBrought(joint);
  joint.mutable_attention()->set_kind(v1::ATTENTION_KIND_PATTERN);
  for (const int offset : {kFirstFrame, -1, 0, 2}) {
    joint.mutable_attention()->add_pattern(offset);
  }
  ExpectThatEveryInputIsBrought(joint);
}

}  // namespace
}  // namespace weft::coordinator
