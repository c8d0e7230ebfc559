#include "coordinator/cli/work_estimate.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "coordinator/core/probe_plan.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::cli {
namespace {

using coordinator::JobPlan;
using coordinator::PlannedTask;

// One pixel a frame and one multiply-add a second make seconds countable by hand.
constexpr WorkRates kUnit{
    .multiply_adds_per_second = 1, .remapped_pixels_per_second = 1, .plain_pixels_per_second = 1e9};

v1::JobSpec Spec() {
  v1::JobSpec spec;
  spec.set_steps(4);
  spec.set_guidance(7.5);
  spec.set_strength(1);
  spec.set_chunk_frames(4);
  spec.set_anchor_spacing(8);
  return spec;
}

v1::Clip Clip() {
  v1::Clip clip;
  clip.set_frame_count(8);
  clip.mutable_size()->set_width(1);
  clip.mutable_size()->set_height(1);
  clip.mutable_padded_size()->set_width(8);
  clip.mutable_padded_size()->set_height(8);
  clip.set_vae_factor(8);
  clip.add_scene_starts(0);
  return clip;
}

double Work(const v1::JobSpec& spec, const models::ModelCost& cost) {
  const v1::Clip clip = Clip();
  const JobPlan plan = coordinator::PlanJob(spec, clip).value();
  const std::vector<double> seconds = TaskSeconds(plan, spec, clip, cost, kUnit);
  EXPECT_EQ(seconds.size(), plan.tasks.size());
  return std::round(std::accumulate(seconds.begin(), seconds.end(), 0.0));
}

TEST(WorkEstimate, CountsBothSidesOfTheGuidance) {
  v1::JobSpec spec = Spec();
  EXPECT_EQ(Work(spec, {.unet_step = 1}), 8 * 4 * 2);
  spec.set_guidance(1);
  EXPECT_EQ(Work(spec, {.unet_step = 1}), 8 * 4);
}

TEST(WorkEstimate, CountsOnlyTheStepsThatStrengthLeaves) {
  v1::JobSpec spec = Spec();
  spec.set_strength(0.5);
  EXPECT_EQ(Work(spec, {.unet_step = 1}), 8 * 2 * 2);
  EXPECT_EQ(Work(spec, {.vae_encode = 1}), 8);
}

TEST(WorkEstimate, CountsControlsOnlyWhereThereAreAny) {
  v1::JobSpec spec = Spec();
  EXPECT_EQ(Work(spec, {.controlnet_steps = {1}}), 0);
  spec.add_controls()->set_kind(v1::CONTROL_KIND_SOFT_EDGE);
  EXPECT_EQ(Work(spec, {.controlnet_steps = {1}}), 8 * 4 * 2);
}

TEST(WorkEstimate, CountsEveryControlForTheStepsItRuns) {
  v1::JobSpec spec = Spec();
  spec.add_controls()->set_kind(v1::CONTROL_KIND_SOFT_EDGE);
  spec.add_controls()->set_kind(v1::CONTROL_KIND_TILE);
  spec.mutable_controls(1)->set_start(0.25);
  spec.mutable_controls(1)->set_end(0.75);
  EXPECT_EQ(Work(spec, {.controlnet_steps = {1, 10}}), 8 * 4 * 2 * (1 + 5));
}

TEST(WorkEstimate, CountsAnchorsOnceAndAgainInEveryChunkThatReadsThem) {
  v1::JobSpec spec = Spec();
  spec.set_guidance(1);
  spec.set_anchors_attended(1);
  // One anchor of 4 steps; 8 frames; the anchor again in each of 2 chunks.
  EXPECT_EQ(Work(spec, {.unet_step = 1}), 4 + 8 * 4 + 2 * 4);
}

TEST(WorkEstimate, CountsFramesThatAttendJointlyOnceAGroup) {
  v1::JobSpec spec = Spec();
  spec.set_guidance(1);
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_PATTERN);
  spec.mutable_attention()->add_pattern(-1);
  spec.mutable_attention()->add_pattern(0);
  EXPECT_EQ(Work(spec, {.unet_step = 1}), 4 * 8 * 2);
  EXPECT_EQ(Work(spec, {.unet_step_anchor = 1}), 4 * 8 * 2) << "each sees the other";
  spec.set_round_steps(2);
  EXPECT_EQ(Work(spec, {.unet_step = 1}), 4 * 8 * 2 + 2 * 2) << "one frame before chunk 1, twice";
}

TEST(WorkEstimate, CountsTheSmoothingOfEveryWindow) {
  v1::JobSpec spec = Spec();
  spec.set_guidance(1);
  spec.set_window(1);
  spec.set_final_pass(true);
  // 6 frames have two neighbours, 2 have one.
  EXPECT_EQ(Work(spec, {}), 14);
  spec.add_smooth_steps(1);
  EXPECT_EQ(Work(spec, {}), 28);
  // Twice encoded at the smoothing; decoded there and at the end, by the chunk it belongs to alone.
  EXPECT_EQ(Work(spec, {.vae_encode = 1}), 28 + 16);
  EXPECT_EQ(Work(spec, {.vae_decode = 1}), 28 + 8 + 8);
}

TEST(WorkEstimate, ADeflickerJobSmoothsAndNothingElse) {
  v1::JobSpec spec;
  spec.set_kind(v1::JOB_KIND_DEFLICKER);
  spec.set_chunk_frames(4);
  spec.set_window(1);
  EXPECT_EQ(Work(spec, {}), 14);
}

TEST(WorkEstimate, AWiderWindowCostsTheFastModeLittle) {
  v1::JobSpec spec;
  spec.set_kind(v1::JOB_KIND_DEFLICKER);
  spec.set_chunk_frames(4);
  const auto work = [&spec](v1::SmoothingMode mode, std::uint32_t window) {
    spec.set_smoothing_mode(mode);
    spec.set_window(window);
    v1::Clip clip = Clip();
    clip.set_frame_count(400);
    const JobPlan plan = coordinator::PlanJob(spec, clip).value();
    const std::vector<double> seconds = TaskSeconds(plan, spec, clip, {}, kUnit);
    return std::accumulate(seconds.begin(), seconds.end(), 0.0);
  };
  const double balanced = work(v1::SMOOTHING_MODE_BALANCED, 7);
  EXPECT_LT(work(v1::SMOOTHING_MODE_FAST, 7), balanced);
  EXPECT_LT(balanced, work(v1::SMOOTHING_MODE_ROBUST, 7));
  EXPECT_LT(work(v1::SMOOTHING_MODE_ROBUST, 7), work(v1::SMOOTHING_MODE_ACCURATE, 7));
  // Twice the window and one more: one level more of the tree, twice the neighbours.
  EXPECT_NEAR(work(v1::SMOOTHING_MODE_FAST, 15) / work(v1::SMOOTHING_MODE_FAST, 7), 4.0 / 3, 0.02);
  EXPECT_GT(work(v1::SMOOTHING_MODE_BALANCED, 15) / balanced, 2.0);
}

TEST(WorkEstimate, DoesNotKnowWhatKeyFramesCost) {
  v1::JobSpec spec = Spec();
  EXPECT_TRUE(IsEstimable(spec));
  spec.set_smoothing_mode(v1::SMOOTHING_MODE_PROPAGATE);
  EXPECT_FALSE(IsEstimable(spec));
}

TEST(WorkEstimate, NothingStartsBeforeTheProbeHasEnded) {
  JobPlan plan = coordinator::PlanProbe({}, nullptr);
  for (std::uint32_t chunk = 0; chunk < 2; ++chunk) {
    PlannedTask finish;
    finish.place = {Stage::kFinish, chunk, 0};
    plan.tasks.push_back(finish);
  }
  EXPECT_EQ(WallSeconds(plan, {5, 10, 10}, 3), 15);
}

TEST(WorkEstimate, PartsOfAProbeRunBesideEachOther) {
  const v1::Clip clip = coordinator::SampleClip(20, 8);
  JobPlan plan = coordinator::PlanProbe({}, &clip);
  PlannedTask finish;
  finish.place = {Stage::kFinish, 0, 0};
  plan.tasks.push_back(finish);
  const std::vector<double> seconds = {1, 10, 10, 10, 2, 5};
  EXPECT_EQ(WallSeconds(plan, seconds, 1), 38);
  EXPECT_EQ(WallSeconds(plan, seconds, 3), 18);
  const std::vector<double> estimated = TaskSeconds(plan, Spec(), clip, {}, NominalRates(Spec()));
  EXPECT_EQ(estimated[0], 0) << "reads no frames";
  EXPECT_GT(estimated[1], 0);
}

TEST(WorkEstimate, MoreWorkersEndSoonerUpToTheWavefront) {
  JobPlan plan;
  PlannedTask probe;
  plan.tasks.push_back(probe);
  for (std::uint32_t chunk = 0; chunk < 4; ++chunk) {
    PlannedTask denoise;
    denoise.place = {Stage::kDenoise, chunk, 0};
    denoise.inputs.push_back({{Stage::kProbe, 0, 0}, ""});
    plan.tasks.push_back(denoise);
  }
  const std::vector<double> seconds = {1, 10, 10, 10, 10};
  EXPECT_EQ(WallSeconds(plan, seconds, 1), 41);
  EXPECT_EQ(WallSeconds(plan, seconds, 2), 21);
  EXPECT_EQ(WallSeconds(plan, seconds, 4), 11);
  EXPECT_EQ(WallSeconds(plan, seconds, 100), 11);
}

}  // namespace
}  // namespace weft::cli
