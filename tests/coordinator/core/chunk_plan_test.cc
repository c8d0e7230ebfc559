#include "coordinator/core/chunk_plan.h"

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/schedule.h"
#include "tests/coordinator/core/plan_words.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(PlanJob, HasEveryTaskReadTheObjectsThatTheProbeNoted) {
  v1::JobSpec spec = SampleSpec();
  spec.set_input_path("s3://reels/clip.mp4");
  const JobPlan plan = Plan(spec, SampleClip(20));
  for (const PlannedTask& task : plan.tasks) {
    const bool is_probe = task.place.stage == Stage::kProbe;
    EXPECT_THAT(OutputsOf(task), Contains("objects").Times(is_probe ? 1 : 0));
    EXPECT_THAT(InputsOf(task), Contains("probe objects").Times(is_probe ? 0 : 1));
  }
}

TEST(PlanJob, CutsFramesIntoChunksWithAShorterLastOne) {
  const JobPlan plan = Plan(SampleSpec(), SampleClip(20));
  EXPECT_EQ(plan.frame_count, 20U);
  EXPECT_THAT(plan.chunks, ElementsAre(FrameRange{0, 8}, FrameRange{8, 16}, FrameRange{16, 20}));
}

TEST(PlanJob, PlansEveryStage) {
  const JobPlan plan = Plan(SampleSpec(), SampleClip(20));
  EXPECT_THAT(plan.rounds, SizeIs(3));
  EXPECT_EQ(Count(plan, Stage::kProbe), 1U);
  EXPECT_EQ(Count(plan, Stage::kAnnotate), 3U);
  EXPECT_EQ(Count(plan, Stage::kAnchor), 1U);
  EXPECT_EQ(Count(plan, Stage::kDenoise), 9U);
  EXPECT_EQ(Count(plan, Stage::kFinish), 3U);
  EXPECT_EQ(Count(plan, Stage::kAssemble), 1U);
}

TEST(PlanJob, ReadsTheAnchorsAndTheirControls) {
  // Anchors at 0 and 10; chunk 2 holds frames 16 to 19.
  const JobPlan plan = Plan(SampleSpec(), SampleClip(20));
  EXPECT_THAT(plan.anchors, ElementsAre(0, 10));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kAnchor)),
              ElementsAre("annotate 0 control/0", "annotate 1 control/0"));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kAnchor)), ElementsAre("anchor/0", "anchor/10"));
  const PlannedTask& denoise = Find(plan, Stage::kDenoise, 2, 0);
  EXPECT_THAT(denoise.anchor_frames, ElementsAre(0, 10));
  EXPECT_THAT(InputsOf(denoise),
              UnorderedElementsAre("annotate 0 control/0", "annotate 1 control/0",
                                   "annotate 2 control/0", "anchor anchor/0", "anchor anchor/10"));
}

TEST(PlanJob, CutsManyAnchorsIntoGroupsThatEachBeginWithTheFirst) {
  v1::JobSpec spec = SampleSpec();
  spec.set_anchor_spacing(2);
  const JobPlan plan = Plan(spec, SampleClip(70));
  ASSERT_EQ(plan.anchors.size(), 35U);
  EXPECT_EQ(Count(plan, Stage::kAnchor), 3U);
  const PlannedTask& first = Find(plan, Stage::kAnchor, 0);
  EXPECT_EQ(first.anchor_frames.size(), 16U);
  EXPECT_EQ(first.outputs.size(), 16U);
  const PlannedTask& last = Find(plan, Stage::kAnchor, 2);
  EXPECT_THAT(last.anchor_frames, ElementsAre(0, 64, 66, 68));
  EXPECT_THAT(OutputsOf(last), ElementsAre("anchor/64", "anchor/66", "anchor/68"));
  EXPECT_THAT(InputsOf(last), ElementsAre("annotate 0 control/0", "annotate 8 control/0"));
  const PlannedTask& denoise = Find(plan, Stage::kDenoise, 8, 0);
  for (const PlannedInput& input : denoise.inputs) {
    if (input.from.stage == Stage::kAnchor) {
      EXPECT_EQ(input.from.chunk, input.name == "anchor/0" ? 0U : 2U) << input.name;
    }
  }
}

TEST(PlanJob, ChunksThatExchangeNothingReadNoOtherUntilTheyAreFinished) {
  v1::JobSpec spec = SampleSpec();
  spec.clear_controls();
  spec.set_anchors_attended(0);
  spec.set_exchange(v1::EXCHANGE_NONE);
  spec.set_overlap_frames(2);
  const JobPlan plan = Plan(spec, SampleClip(20));
  const PlannedTask& begun = Find(plan, Stage::kDenoise, 1, 0);
  EXPECT_EQ(begun.core, (FrameRange{6, 18}));
  EXPECT_EQ(begun.halo, begun.core);
  EXPECT_THAT(begun.inputs, IsEmpty());
  EXPECT_THAT(InputsOf(Find(plan, Stage::kDenoise, 1, 1)),
              ElementsAre("denoise 1.0 latents", "denoise 1.0 x0"));
  const PlannedTask& finish = Find(plan, Stage::kFinish, 0);
  EXPECT_EQ(finish.core, (FrameRange{0, 8}));
  EXPECT_THAT(InputsOf(finish), UnorderedElementsAre("denoise 0.2 latents", "denoise 1.2 latents"));
}

TEST(PlanJob, RendersNoAnchorsWhereFramesAttendToAnotherJobs) {
  v1::JobSpec spec = SampleSpec();
  spec.set_look_path("/first.look");
  const JobPlan plan = Plan(spec, SampleClip(20));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kProbe)), ElementsAre("look"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kDenoise, 1, 1)), testing::Contains("probe look"));
  EXPECT_EQ(Count(plan, Stage::kAnchor), 0U);
  EXPECT_THAT(plan.anchors, IsEmpty());
  EXPECT_THAT(Find(plan, Stage::kDenoise, 2, 0).anchor_frames, IsEmpty());
}

TEST(PlanJob, EveryControlHasMapsOfItsOwn) {
  v1::JobSpec spec = SampleSpec();
  *spec.add_controls() = spec.controls(0);
  spec.mutable_controls(1)->set_kind(v1::CONTROL_KIND_TILE);
  const JobPlan plan = Plan(spec, SampleClip(8));
  const PlannedTask& annotate = Find(plan, Stage::kAnnotate, 0);
  ASSERT_EQ(annotate.outputs.size(), 2U);
  EXPECT_EQ(annotate.outputs[0].name, "control/0");
  EXPECT_EQ(annotate.outputs[1].name, "control/1");
  EXPECT_EQ(annotate.outputs[1].bytes, 3 * annotate.outputs[0].bytes)
      << "soft edges have no colours";
  EXPECT_THAT(InputsOf(Find(plan, Stage::kAnchor)),
              ElementsAre("annotate 0 control/0", "annotate 0 control/1"));
  spec.mutable_controls(0)->set_maps_path("/maps.mp4");
  EXPECT_EQ(Find(Plan(spec, SampleClip(8)), Stage::kAnnotate, 0).outputs[0].bytes,
            annotate.outputs[1].bytes);
}

TEST(PlanJob, ReadsTheNeighboursPredictionsWhereARoundSmooths) {
  const JobPlan plan = Plan(SampleSpec(), SampleClip(20));
  const PlannedTask& denoise = Find(plan, Stage::kDenoise, 1, 1);
  EXPECT_EQ(denoise.core, (FrameRange{8, 16}));
  EXPECT_EQ(denoise.halo, (FrameRange{6, 18}));
  EXPECT_THAT(InputsOf(denoise),
              ::testing::IsSupersetOf({"denoise 1.0 latents", "denoise 1.0 x0",
                                       "denoise 0.0 picture/6", "denoise 0.0 picture/7",
                                       "denoise 1.0 picture/8", "denoise 1.0 picture/9",
                                       "denoise 1.0 picture/14", "denoise 1.0 picture/15",
                                       "denoise 2.0 picture/16", "denoise 2.0 picture/17"}));
  EXPECT_THAT(InputsOf(denoise), ::testing::Not(::testing::Contains("denoise 1.0 picture/10")));
  EXPECT_THAT(OutputsOf(denoise),
              ElementsAre("latents", "x0", "picture/8", "picture/9", "picture/14", "picture/15"));
  EXPECT_EQ(Find(plan, Stage::kDenoise, 1, 0).halo, (FrameRange{8, 16}));
}

TEST(PlanJob, NeedsNoControlsAndAnchorsInARoundThatOnlySmooths) {
  // The sample's last step is a smoothing step, so its last round runs no UNet step.
  const JobPlan plan = Plan(SampleSpec(), SampleClip(20));
  const PlannedTask& last = Find(plan, Stage::kDenoise, 0, 2);
  EXPECT_FALSE(RunsUnet(plan.rounds[2]));
  EXPECT_THAT(last.anchor_frames, IsEmpty());
  EXPECT_THAT(InputsOf(last),
              UnorderedElementsAre("denoise 0.1 latents", "denoise 0.1 x0", "denoise 0.1 picture/6",
                                   "denoise 0.1 picture/7", "denoise 1.1 picture/8",
                                   "denoise 1.1 picture/9"));
  EXPECT_THAT(OutputsOf(last), ElementsAre("latents", "picture/6", "picture/7"));
}

TEST(PlanJob, NeverSmoothsAcrossASceneCut) {
  v1::Clip clip = SampleClip(20);
  clip.add_scene_starts(8);
  const JobPlan plan = Plan(SampleSpec(), clip);
  EXPECT_EQ(Find(plan, Stage::kDenoise, 1, 1).halo, (FrameRange{8, 18}));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kDenoise, 0, 1)), ElementsAre("latents", "x0"))
      << "nobody behind the cut reads its pictures";
}

TEST(PlanJob, LendsAPictureOnceToAllChunksThatItsWindowReaches) {
  v1::JobSpec spec = SampleSpec();
  spec.set_chunk_frames(3);
  spec.set_window(5);
  const JobPlan plan = Plan(spec, SampleClip(20));
  EXPECT_THAT(OutputsOf(Find(plan, Stage::kDenoise, 2, 0)),
              ElementsAre("latents", "x0", "picture/6", "picture/7", "picture/8"));
  const PlannedTask& smooths = Find(plan, Stage::kDenoise, 2, 1);
  EXPECT_EQ(smooths.halo, (FrameRange{1, 14}));
  for (std::uint32_t frame = 1; frame < 14; ++frame) {
    EXPECT_THAT(InputsOf(smooths), ::testing::Contains("denoise " + std::to_string(frame / 3) +
                                                       ".0 picture/" + std::to_string(frame)));
  }
}

TEST(PlanJob, FinishesFromTheHaloOnlyWithAFinalPass) {
  v1::JobSpec spec = SampleSpec();
  const JobPlan smoothed = Plan(spec, SampleClip(20));
  EXPECT_THAT(InputsOf(Find(smoothed, Stage::kFinish, 2)),
              ElementsAre("denoise 2.2 latents", "denoise 1.2 picture/14", "denoise 1.2 picture/15",
                          "denoise 2.2 picture/16", "denoise 2.2 picture/17"));
  spec.set_final_pass(false);
  const JobPlan plain = Plan(spec, SampleClip(20));
  EXPECT_THAT(InputsOf(Find(plain, Stage::kFinish, 2)), ElementsAre("denoise 2.2 latents"));
  EXPECT_EQ(Find(plain, Stage::kFinish, 2).halo, (FrameRange{16, 20}));
  EXPECT_THAT(OutputsOf(Find(plain, Stage::kDenoise, 2, 2)), ElementsAre("latents"));
}

TEST(PlanJob, AssemblesEverySegment) {
  const JobPlan plan = Plan(SampleSpec(), SampleClip(20));
  const PlannedTask& assemble = Find(plan, Stage::kAssemble);
  EXPECT_THAT(InputsOf(assemble),
              ElementsAre("finish 0 segment", "finish 1 segment", "finish 2 segment"));
  EXPECT_THAT(assemble.outputs, IsEmpty());
}

TEST(PlanJob, HasOneRoundWithoutAWindow) {
  v1::JobSpec spec = SampleSpec();
  spec.set_window(0);
  const JobPlan plan = Plan(spec, SampleClip(20));
  ASSERT_THAT(plan.rounds, SizeIs(1));
  EXPECT_EQ(plan.rounds[0], WholeSchedule(spec));
  EXPECT_EQ(Find(plan, Stage::kFinish, 1).halo, (FrameRange{8, 16}));
}

TEST(PlanJob, LeavesOutWhatTheJobDoesNotAskFor) {
  v1::JobSpec spec = SampleSpec();
  spec.clear_controls();
  spec.set_anchors_attended(0);
  const JobPlan plan = Plan(spec, SampleClip(20));
  EXPECT_EQ(Count(plan, Stage::kAnnotate), 0U);
  EXPECT_EQ(Count(plan, Stage::kAnchor), 0U);
  EXPECT_THAT(Find(plan, Stage::kDenoise, 0, 0).inputs, IsEmpty());
}

TEST(PlanJob, SkipsTheStepsThatStrengthSkips) {
  v1::JobSpec spec = SampleSpec();
  spec.set_strength(0.5);
  const JobPlan plan = Plan(spec, SampleClip(20));
  EXPECT_THAT(plan.rounds, SizeIs(2));  // Smoothing after step 4 does not run.
  EXPECT_EQ(plan.rounds[0].first_step, 5U);
}

TEST(PlanJob, CallsTheModelOnceMoreWithPndm) {
  v1::JobSpec spec = SampleSpec();
  spec.set_sampler(v1::SAMPLER_PNDM);
  spec.clear_smooth_steps();
  const JobPlan plan = Plan(spec, SampleClip(20));
  EXPECT_THAT(plan.rounds, ElementsAre(Round{.first_step = 0, .last_step = 11}));
  EXPECT_EQ(Find(plan, Stage::kAnchor).outputs[0].bytes % 11, 0U);
  // The final pass needs no smoothing step.
  EXPECT_EQ(Find(plan, Stage::kFinish, 1).halo, (FrameRange{6, 18}));
  spec.set_steps(1);
  EXPECT_EQ(WholeSchedule(spec).last_step, 1U);
}

TEST(PlanJob, EstimatesBytes) {
  const JobPlan plan = Plan(SampleSpec(), SampleClip(20));
  constexpr auto kLatent = std::uint64_t{4} * 4 * 8 * 4;  // 4 channels, float32, 8 x 4 cells.
  EXPECT_EQ(Find(plan, Stage::kDenoise, 2, 0).outputs[0].bytes, 4 * kLatent);
  EXPECT_EQ(Find(plan, Stage::kAnnotate, 0).outputs[0].bytes, 8U * 64 * 32);
  EXPECT_EQ(Find(plan, Stage::kAnchor).outputs[0].bytes, 10 * kLatent);
}

// Each task after all that it reads, each input the output of a task, no input twice.
void ExpectSound(const JobPlan& plan) {
  using Blob = std::tuple<Stage, std::uint32_t, std::uint32_t, std::string>;
  std::set<Blob> made;
  for (const PlannedTask& task : plan.tasks) {
    std::set<Blob> read;
    for (const PlannedInput& input : task.inputs) {
      const Blob blob{input.from.stage, input.from.chunk, input.from.round, input.name};
      ASSERT_EQ(made.count(blob), 1U) << Name(task.place.stage) << " reads " << input.name;
      ASSERT_TRUE(read.insert(blob).second) << input.name;
    }
    for (const PlannedOutput& output : task.outputs) {
      made.emplace(task.place.stage, task.place.chunk, task.place.round, output.name);
    }
    ASSERT_LE(task.halo.begin, task.core.begin);
    ASSERT_GE(task.halo.end, task.core.end);
  }
}

// Every frame's anchors, by the rule itself, with all anchors to choose from.
void ExpectRightAnchors(const JobPlan& plan, const v1::JobSpec& spec, const v1::Clip& clip) {
  const std::vector<std::uint32_t> scenes(clip.scene_starts().begin(), clip.scene_starts().end());
  for (const PlannedTask& task : plan.tasks) {
    if (task.place.stage != Stage::kDenoise || task.anchor_frames.empty()) {
      continue;
    }
    std::set<std::uint32_t> expected;
    for (std::uint32_t frame = task.core.begin; frame < task.core.end; ++frame) {
      const auto attended =
          AttendedAnchors(frame, spec.anchors_attended(), plan.anchors, scenes, clip.frame_count());
      expected.insert(attended.begin(), attended.end());
    }
    ASSERT_THAT(task.anchor_frames, ::testing::ElementsAreArray(expected));
  }
}

// Goal: any job's plan can be carried out from first to last, and a chunk is given exactly the
// anchors that its frames attend to. Method: random jobs and clips, against the rules themselves.
TEST(PlanJob, IsSoundForRandomJobs) {
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t limit) {
    return static_cast<std::uint32_t>(random() % limit);
  };
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    v1::JobSpec spec = SampleSpec();
    spec.set_chunk_frames(1 + below(40));
    spec.set_window(below(12));
    spec.set_anchor_spacing(1 + below(20));
    spec.set_anchors_attended(below(6));
    spec.set_final_pass(below(2) == 0);
    v1::Clip clip = SampleClip(1 + below(120));
    for (std::uint32_t frame = 1; frame < clip.frame_count(); ++frame) {
      if (below(15) == 0) {
        clip.add_scene_starts(frame);
      }
    }
    const JobPlan plan = Plan(spec, clip);
    ExpectSound(plan);
    ExpectRightAnchors(plan, spec, clip);
  }
}

TEST(PlanJob, RefusesMoreTasksThanItCanHold) {
  v1::JobSpec spec = SampleSpec();
  spec.set_chunk_frames(1);
  const auto plan = PlanJob(spec, SampleClip(4'000'000));
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidArgument);
}

TEST(PlanJob, RefusesATaskTooLargeForAMessage) {
  v1::JobSpec spec = SampleSpec();
  spec.set_chunk_frames(2);
  spec.set_anchors_attended(0);
  spec.clear_controls();
  const auto plan = PlanJob(spec, SampleClip(24'000));
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().message(), ::testing::StartsWith("assemble would read"));
}

TEST(PlanJob, ADeflickerJobOnlyFinishesAndAssembles) {
  const JobPlan plan = Plan(SampleDeflicker(), SampleClip(20));
  EXPECT_THAT(plan.tasks, SizeIs(1 + 3 + 1));
  EXPECT_THAT(plan.rounds, IsEmpty());
  EXPECT_THAT(plan.anchors, IsEmpty());
  const PlannedTask& finish = Find(plan, Stage::kFinish, 1);
  EXPECT_EQ(finish.core, (FrameRange{8, 16}));
  EXPECT_EQ(finish.halo, (FrameRange{6, 18}));
  EXPECT_THAT(finish.inputs, IsEmpty()) << "its frames come from the clips";
  EXPECT_THAT(OutputsOf(finish), ElementsAre("segment"));
  EXPECT_THAT(InputsOf(Find(plan, Stage::kAssemble)),
              ElementsAre("finish 0 segment", "finish 1 segment", "finish 2 segment"));
}

TEST(PlanJob, TheHaloOfADeflickerJobEndsAtCutsAndAtTheClip) {
  v1::Clip clip = SampleClip(20);
  clip.add_scene_starts(7);
  v1::JobSpec spec = SampleDeflicker();
  spec.set_window(100);
  const JobPlan plan = Plan(spec, clip);
  EXPECT_EQ(Find(plan, Stage::kFinish, 0).halo, (FrameRange{0, 20}));
  EXPECT_EQ(Find(plan, Stage::kFinish, 1).halo, (FrameRange{7, 20}));
  const JobPlan one = Plan(spec, SampleClip(1));
  EXPECT_EQ(Find(one, Stage::kFinish, 0).halo, (FrameRange{0, 1}));
}

TEST(PlanJob, RefusesADeflickerJobOfTooManyChunks) {
  v1::JobSpec spec = SampleDeflicker();
  spec.set_chunk_frames(1);
  const Result<JobPlan> plan = PlanJob(spec, SampleClip(kTaskBlobsMax + 1));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::coordinator
