#include "coordinator/core/statistics_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/core/plan_words.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;

// Frames 0 to 19 in chunks of 8, with a cut at 12.
v1::Clip TwoScenes() {
  v1::Clip clip = SampleClip(20);
  clip.add_scene_starts(12);
  return clip;
}

TEST(StatisticsPlan, MeasuresNothingUnlessAsked) {
  const JobPlan plan = Plan(SampleSpec(), TwoScenes());
  for (const PlannedTask& task : plan.tasks) {
    const bool measures =
        task.place.stage == Stage::kAnnotate || task.place.stage == Stage::kFinish;
    EXPECT_TRUE(!measures || task.place.round == 0);
  }
  EXPECT_EQ(MeasuringTasks(SampleSpec(), TwoScenes(), 3), 0U);
}

TEST(StatisticsPlan, ColoursAreMeasuredBeforeChunksOfTheirScenesAreFinished) {
  v1::JobSpec spec = SampleSpec();
  const JobPlan before = Plan(spec, TwoScenes());
  spec.set_steady_colours(true);
  const JobPlan plan = Plan(spec, TwoScenes());
  EXPECT_EQ(Count(plan, Stage::kFinish), 8U) << "of three chunks and two scenes";
  EXPECT_EQ(plan.tasks.size(), before.tasks.size() + MeasuringTasks(spec, TwoScenes(), 3));
  const PlannedTask& measuring = Find(plan, Stage::kFinish, 2, 1);
  const PlannedTask& was = Find(before, Stage::kFinish, 2);
  EXPECT_EQ(InputsOf(measuring), InputsOf(was));
  EXPECT_EQ(measuring.halo, was.halo);
  EXPECT_THAT(OutputsOf(measuring),
              ElementsAre("sums/0", "picture/16", "picture/17", "picture/18", "picture/19"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kFinish, 0, 2)),
              ElementsAre("finish 0 measure sums/0", "finish 1 measure sums/0"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kFinish, 1, 2)),
              ElementsAre("finish 1 measure sums/0", "finish 2 measure sums/0"));
  EXPECT_EQ(Find(plan, Stage::kFinish, 1, 2).core, (FrameRange{12, 20}));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kFinish, 2)),
              ElementsAre("finish 2 measure picture/16", "finish 2 measure picture/17",
                          "finish 2 measure picture/18", "finish 2 measure picture/19",
                          "finish scene 1 scene/0"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kFinish, 1)),
              IsSupersetOf({"finish scene 0 scene/0", "finish scene 1 scene/0"}));
  EXPECT_EQ(InputsOf(Find(plan, Stage::kAssemble)), InputsOf(Find(before, Stage::kAssemble)));
  EXPECT_NEAR(measuring.weight + Find(plan, Stage::kFinish, 2).weight, was.weight, 1e-9);
}

TEST(StatisticsPlan, GrowsNoFasterThanTheClip) {
  v1::JobSpec spec = SampleDeflicker();
  spec.set_chunk_frames(1);
  spec.set_window(0);
  spec.set_steady_colours(true);
  std::size_t inputs = 0;
  for (const PlannedTask& task : Plan(spec, SampleClip(4000)).tasks) {
    inputs += task.inputs.size();
  }
  EXPECT_LT(inputs, 5U * 4000) << "of one scene";
}

TEST(StatisticsPlan, AlsoOfDeflickerJobs) {
  v1::JobSpec spec = SampleDeflicker();
  spec.set_chunk_frames(8);
  spec.set_steady_colours(true);
  const JobPlan plan = Plan(spec, TwoScenes());
  EXPECT_EQ(Count(plan, Stage::kFinish), 8U);
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kFinish, 2)), ElementsAre("segment"));
}

TEST(StatisticsPlan, MapsAreMeasuredBeforeOthersReadThem) {
  v1::JobSpec spec = SampleSpec();
  v1::Control& depth = *spec.add_controls();
  depth.set_kind(v1::CONTROL_KIND_DEPTH);
  depth.set_scale(1);
  depth.set_end(1);
  depth.set_net_path("/depth");
  depth.set_maps_path("/depth.mkv");
  depth.set_steady(true);
  const JobPlan plan = Plan(spec, TwoScenes());
  EXPECT_EQ(Count(plan, Stage::kAnnotate), 8U);
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kAnnotate, 2, 1)), ElementsAre("control/1", "sums/1"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kAnnotate, 1, 2)),
              ElementsAre("annotate 1 measure sums/1", "annotate 2 measure sums/1"));
  const PlannedTask& maps = Find(plan, Stage::kAnnotate, 2);
  EXPECT_THAT(InputsOf(maps),
              ElementsAre("annotate 2 measure control/1", "annotate scene 1 scene/1"));
  EXPECT_THAT(OutputsOf(maps), ElementsAre("control/0", "control/1"));
  const PlannedTask& denoise = Find(plan, Stage::kDenoise, 2, 0);
  EXPECT_THAT(InputsOf(denoise), Contains("annotate 2 control/1"));
  EXPECT_THAT(InputsOf(denoise), Not(Contains("annotate 2 measure control/1")));
}

TEST(JobCut, KnowsWhereScenesLie) {
  const v1::JobSpec spec = SampleSpec();
  const v1::Clip clip = TwoScenes();
  const JobCut cut(spec, clip);
  EXPECT_EQ(cut.SceneCount(), 2U);
  EXPECT_EQ(cut.Scene(0), (FrameRange{0, 12}));
  EXPECT_EQ(cut.Scene(1), (FrameRange{12, 20}));
  EXPECT_EQ(cut.SceneOf(11), 0U);
  EXPECT_EQ(cut.SceneOf(12), 1U);
}

}  // namespace
}  // namespace weft::coordinator
