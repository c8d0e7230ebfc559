#include "coordinator/cli/job_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/spec_check.h"

namespace weft::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

JobOptions Complete() {
  JobOptions options;
  options.input = "/clips/city.mp4";
  options.output = "/out/neon.mp4";
  options.model = "/models/demo";
  options.prompt = "neon glow";
  return options;
}

TEST(JobOptions, EveryFieldOfTheSpecificationIsDecided) {
  const v1::JobSpec spec = ResolveSpec(Complete()).value();
  EXPECT_EQ(spec.input_path(), "/clips/city.mp4");
  EXPECT_EQ(spec.output_path(), "/out/neon.mp4");
  EXPECT_EQ(spec.model_path(), "/models/demo");
  EXPECT_EQ(spec.steps(), 20U);
  EXPECT_EQ(spec.guidance(), 7.5);
  EXPECT_EQ(spec.strength(), 1.0);
  EXPECT_EQ(spec.seed(), 0U);
  EXPECT_FALSE(spec.has_size());
  EXPECT_FALSE(spec.has_frames());
  EXPECT_TRUE(spec.controls().empty());
  EXPECT_THAT(spec.smooth_steps(), ElementsAre(4, 9, 14, 19));
  EXPECT_EQ(spec.window(), 4U);
  EXPECT_TRUE(spec.final_pass());
  EXPECT_EQ(spec.contrast(), 1.0);
  EXPECT_EQ(spec.sharpness(), 1.0);
  EXPECT_EQ(spec.chunk_frames(), 16U);
  EXPECT_EQ(spec.anchor_spacing(), 16U);
  EXPECT_EQ(spec.anchors_attended(), 3U);
  EXPECT_EQ(spec.data_type(), v1::DATA_TYPE_FLOAT32);
  EXPECT_EQ(spec.device(), "cpu");
  EXPECT_EQ(spec.micro_batch(), 1U);
  EXPECT_FALSE(spec.lossless());
}

TEST(JobOptions, OnlyAttentionToAnchorsHasAnchors) {
  JobOptions options = Complete();
  options.attention.set_kind(v1::ATTENTION_KIND_SELF);
  EXPECT_EQ(ResolveSpec(options)->anchors_attended(), 0U);
  options.anchors = 2;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("anchors: "));
  options.attention.set_kind(v1::ATTENTION_KIND_ANCHORS);
  EXPECT_EQ(ResolveSpec(options)->anchors_attended(), 2U);
}

TEST(JobOptions, ControlNetsAttendWhereThereAreSomeAndOthersToAttendTo) {
  JobOptions options = Complete();
  EXPECT_FALSE(ResolveSpec(options)->attention().in_controlnets());
  options.controlnets_attend = true;
  options.controls.clear();
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("no ControlNet"));
  v1::Control control;
  control.set_kind(v1::CONTROL_KIND_SOFT_EDGE);
  control.set_scale(1);
  options.controls = {control};
  EXPECT_TRUE(ResolveSpec(options)->attention().in_controlnets());
  options.attention.set_kind(v1::ATTENTION_KIND_SELF);
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("controlnets-attend: "));
}

TEST(JobOptions, ChunksOverlapOnlyWhereTheyExchangeNothing) {
  JobOptions options = Complete();
  EXPECT_EQ(ResolveSpec(options)->exchange(), v1::EXCHANGE_HALO);
  EXPECT_EQ(ResolveSpec(options)->overlap_frames(), 0U);
  options.overlap = 3;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("overlap: "));
  options.exchange = v1::EXCHANGE_NONE;
  EXPECT_EQ(ResolveSpec(options)->overlap_frames(), 3U);
  options.overlap.reset();
  EXPECT_EQ(ResolveSpec(options)->overlap_frames(), 2U);
  options.attention.set_kind(v1::ATTENTION_KIND_WINDOW);
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("exchange: "));
}

TEST(JobOptions, JointAttentionNeedsASamplerOfPlainSteps) {
  JobOptions options = Complete();
  options.attention.set_kind(v1::ATTENTION_KIND_WINDOW);
  options.sampler = v1::SAMPLER_DPMPP_2M;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("attention: "));
  options.sampler = v1::SAMPLER_EULER;
  EXPECT_TRUE(ResolveSpec(options));
}

TEST(JobOptions, SmoothEveryFifthStepThatThereIs) {
  JobOptions options = Complete();
  options.steps = 9;
  EXPECT_THAT(ResolveSpec(options)->smooth_steps(), ElementsAre(4));
  options.steps = 4;
  EXPECT_THAT(ResolveSpec(options)->smooth_steps(), ElementsAre());
  options.smooth_steps = std::vector<std::uint32_t>{1, 3};
  EXPECT_THAT(ResolveSpec(options)->smooth_steps(), ElementsAre(1, 3));
}

TEST(JobOptions, OnlyTheFirstControlMayUseTheModelsOwnNet) {
  JobOptions options = Complete();
  options.controls.resize(2);
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("control 2: name its ControlNet"));
  options.controls[1].set_net_path("/nets/tile");
  EXPECT_EQ(ResolveSpec(options)->controls_size(), 2);
  options.model = "/models/demo.safetensors";
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("control 1: name its ControlNet"));
  options.controls[0].set_net_path("/nets/edges");
  EXPECT_EQ(ResolveSpec(options)->controls(0).net_path(), "/nets/edges");
}

TEST(JobOptions, AtMostEightControls) {
  JobOptions options = Complete();
  options.controls.resize(9);
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("at most 8, not 9"));
}

TEST(JobOptions, RefuseToSmoothAStepThatDoesNotExist) {
  JobOptions options = Complete();
  options.smooth_steps = std::vector<std::uint32_t>{4, 20};
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("step 20 does not exist"));
}

TEST(JobOptions, OnlyDdimIsSmoothedBetweenSteps) {
  JobOptions options = Complete();
  options.sampler = v1::SAMPLER_EULER;
  EXPECT_TRUE(ResolveSpec(options)->smooth_steps().empty());
  EXPECT_TRUE(ResolveSpec(options)->final_pass());
  options.smooth_steps = std::vector<std::uint32_t>{4};
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("ddim only"));
}

TEST(JobOptions, EtaAndKarrasBelongToTheirSamplers) {
  JobOptions options = Complete();
  options.karras = true;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("karras: only"));
  options.sampler = v1::SAMPLER_DPMPP_2M;
  EXPECT_TRUE(ResolveSpec(options)->karras_sigmas());
  options.eta = 0.5;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("eta: only"));
}

TEST(JobOptions, TheDeviceDecidesBatchAndWorkers) {
  JobOptions options = Complete();
  EXPECT_EQ(WorkerCount(options, 6), 6U);
  options.device = "cuda:1";
  const v1::JobSpec spec = ResolveSpec(options).value();
  EXPECT_EQ(spec.device(), "cuda");
  EXPECT_EQ(spec.micro_batch(), 0U) << "the probe chooses";
  EXPECT_EQ(WorkerCount(options, 6), 1U);
  options.workers = 3;
  options.micro_batch = 2;
  EXPECT_EQ(WorkerCount(options, 6), 3U);
  EXPECT_EQ(ResolveSpec(options)->micro_batch(), 2U);
}

TEST(JobOptions, HalfPrecisionNeedsAGpu) {
  JobOptions options = Complete();
  options.data_type = v1::DATA_TYPE_FLOAT16;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("float16 needs a GPU"));
  options.device = "cuda:0";
  EXPECT_TRUE(ResolveSpec(options));
}

TEST(JobOptions, SayWhichFieldIsMissing) {
  const auto missing = [](std::string JobOptions::*field) {
    JobOptions options = Complete();
    (options.*field).clear();
    return ResolveSpec(options).error().message();
  };
  EXPECT_THAT(missing(&JobOptions::input), HasSubstr("input is missing"));
  EXPECT_THAT(missing(&JobOptions::output), HasSubstr("output is missing"));
  EXPECT_THAT(missing(&JobOptions::model), HasSubstr("model is missing"));
  EXPECT_THAT(missing(&JobOptions::prompt), HasSubstr("prompt is missing"));
}

TEST(JobOptions, LosslessVideoNeedsMatroska) {
  JobOptions options = Complete();
  options.lossless = true;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr(".mkv"));
  options.output = "/out/neon.mkv";
  EXPECT_TRUE(ResolveSpec(options)->lossless());
  EXPECT_EQ(ResolveSpec(options)->group_frames(), 0U);
  options.gop = 50;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("gop: "));
  options.lossless = false;
  EXPECT_EQ(ResolveSpec(options)->group_frames(), 50U);
}

TEST(JobOptions, ChecksOfSeamsGoWithTheReport) {
  JobOptions options = Complete();
  EXPECT_EQ(ResolveSpec(options)->seam_checks(), 1U);
  EXPECT_EQ(ResolveSpec(options)->group_frames(), 120U);
  options.seams = false;
  EXPECT_EQ(ResolveSpec(options)->seam_checks(), 0U);
  options.seam_checks = 2;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("seam-checks: "));
}

TEST(JobOptions, RefuseAnOutputOfAnUnknownKind) {
  JobOptions options = Complete();
  options.output = "/out/neon.avi";
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr(".mp4, .mov or .mkv"));
}

TEST(JobOptions, APlanNeedsNeitherOutputNorPrompt) {
  JobOptions options = Complete();
  options.output.clear();
  options.prompt.clear();
  EXPECT_TRUE(ResolvePlanSpec(options));
  options.lossless = true;
  EXPECT_TRUE(ResolvePlanSpec(options));
}

TEST(JobOptions, TheStateLiesBesideTheOutputUnlessSaid) {
  JobOptions options = Complete();
  EXPECT_EQ(StatePath(options), "/out/neon.mp4.weft");
  options.state = "/fast/disk";
  EXPECT_EQ(StatePath(options), "/fast/disk");
}

JobOptions CompleteDeflicker() {
  JobOptions options;
  options.kind = v1::JOB_KIND_DEFLICKER;
  options.input = "/clips/neon.mp4";
  options.output = "/out/steady.mp4";
  return options;
}

TEST(JobOptions, AHighBitDepthGoesWithEveryMode) {
  JobOptions options = CompleteDeflicker();
  EXPECT_FALSE(ResolveSpec(options)->high_bit_depth());
  options.high_bit_depth = true;
  EXPECT_TRUE(ResolveSpec(options)->high_bit_depth());
  options.steady_colours = true;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("high-bit-depth: "));
  options.steady_colours = false;
  options.mode = v1::SMOOTHING_MODE_FAST;
  EXPECT_TRUE(ResolveSpec(options)->high_bit_depth());
}

TEST(JobOptions, EveryFieldOfADeflickerJobIsDecided) {
  const v1::JobSpec spec = ResolveSpec(CompleteDeflicker()).value();
  EXPECT_EQ(spec.kind(), v1::JOB_KIND_DEFLICKER);
  EXPECT_EQ(spec.input_path(), "/clips/neon.mp4");
  EXPECT_EQ(spec.guide_path(), "");
  EXPECT_EQ(spec.smoothing_mode(), v1::SMOOTHING_MODE_ROBUST);
  EXPECT_EQ(spec.window(), 12U);
  EXPECT_EQ(spec.chunk_frames(), 16U);
  EXPECT_FALSE(spec.align_guide());
  EXPECT_FALSE(spec.has_guide_weight());
  EXPECT_EQ(spec.patch_size(), 0U);
  EXPECT_TRUE(coordinator::CheckSpec(spec)) << "nothing of a render is set";
}

TEST(JobOptions, AGuideIsUsedAsSaid) {
  JobOptions options = CompleteDeflicker();
  options.guide = "/clips/city.mp4";
  options.align = true;
  options.mode = v1::SMOOTHING_MODE_BALANCED;
  options.guide_weight = 0;
  options.patch = 7;
  const v1::JobSpec spec = ResolveSpec(options).value();
  EXPECT_EQ(spec.guide_path(), "/clips/city.mp4");
  EXPECT_TRUE(spec.align_guide());
  EXPECT_TRUE(spec.has_guide_weight());
  EXPECT_EQ(spec.patch_size(), 7U);
  EXPECT_TRUE(coordinator::CheckSpec(spec));
}

TEST(JobOptions, AModeTakesNoFieldThatItDoesNotRead) {
  JobOptions options = CompleteDeflicker();
  options.guide = "/clips/city.mp4";
  options.patch = 7;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("patch: --mode robust"));
  options.mode = v1::SMOOTHING_MODE_FAST;
  EXPECT_TRUE(ResolveSpec(options));
  options.guide_weight = 5;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("guide-weight: --mode fast"));
}

TEST(JobOptions, KeyFramesComeBesideTheCleanClip) {
  JobOptions options = CompleteDeflicker();
  options.mode = v1::SMOOTHING_MODE_INTERPOLATE;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("guide is missing"));
  options.guide = "/clips/city.mp4";
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("key-frames is missing"));
  options.key_frames = {0, 30};
  const v1::JobSpec spec = ResolveSpec(options).value();
  EXPECT_EQ(spec.input_path(), "/clips/city.mp4");
  EXPECT_EQ(spec.keys_path(), "/clips/neon.mp4");
  EXPECT_EQ(spec.guide_path(), "");
  EXPECT_EQ(spec.window(), 1U);
  EXPECT_EQ(spec.key_frames_size(), 2);
  EXPECT_TRUE(coordinator::CheckSpec(spec));
  options.mode = v1::SMOOTHING_MODE_PROPAGATE;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("propagate takes one"));
  options.key_frames.reset();
  EXPECT_EQ(ResolveSpec(options).value().key_frames(0), 0U);
  options.mode = v1::SMOOTHING_MODE_ROBUST;
  options.key_frames = {0};
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("key-frames: only"));
}

TEST(JobOptions, WhatSaysHowToUseAGuideNeedsOne) {
  JobOptions options = CompleteDeflicker();
  options.align = true;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("align: there is no guide"));
  options.align = false;
  options.guide_weight = 5;
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("guide-weight: there is no guide"));
}

TEST(JobOptions, ADeflickerJobSaysWhichFieldIsMissing) {
  JobOptions options = CompleteDeflicker();
  options.output = "/out/steady.avi";
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr(".mp4, .mov or .mkv"));
  options.output.clear();
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("output is missing"));
  EXPECT_TRUE(ResolvePlanSpec(options));
  options.input.clear();
  EXPECT_THAT(ResolveSpec(options).error().message(), HasSubstr("style is missing"));
}

}  // namespace
}  // namespace weft::cli
