#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "tests/common/temporary_folder.h"
#include "worker/models/torch_edge.h"
#include "worker/stages/blobs.h"
#include "worker/stages/look.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kSteps = 4;

// Frames from noise alone, so that no source clip is read: 64 x 64 pixels, no ControlNet.
v1::Task Whole(v1::Sampler sampler) {
  v1::Task task;
  v1::JobSpec& job = *task.mutable_job();
  job.set_model_path(WEFT_SOURCE_DIR "/deploy/models/weft-demo");
  job.set_prompt("a snowy mountain");
  job.set_steps(kSteps);
  job.set_guidance(3.0);
  job.set_strength(1.0);
  job.set_seed(7);
  job.set_chunk_frames(2);
  job.set_anchors_attended(1);
  job.set_data_type(v1::DATA_TYPE_FLOAT32);
  job.set_device("cpu");
  job.set_micro_batch(1);
  job.set_sampler(sampler);
  v1::Clip& clip = *task.mutable_clip();
  clip.set_frame_count(2);
  clip.set_vae_factor(4);
  clip.mutable_padded_size()->set_width(64);
  clip.mutable_padded_size()->set_height(64);
  clip.add_scene_starts(0);
  return task;
}

// Root mean square, as a part of b's.
double Difference(const Latents& a, const Latents& b) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < b.values.size(); ++i) {
    difference += std::pow(static_cast<double>(a.values.at(i)) - b.values[i], 2);
    size += std::pow(static_cast<double>(b.values[i]), 2);
  }
  return std::sqrt(difference / size);
}

class DenoiseStage : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { models::UseThreads(1); }

  Result<v1::TaskResult> RunStage(v1::Task task, v1::Stage stage) {
    task.mutable_attempt()->mutable_task()->set_stage(stage);
    task.set_output_prefix(std::to_string(runs_++) + "/");
    return RunTask(task, context_);
  }

  // The anchor, frame 0; then both frames, which attend to it. Adds the stored outputs to `task`.
  Result<v1::TaskResult> RunAnchor(v1::Task& task) {
    task.add_anchor_frames(0);
    auto result = RunStage(task, v1::STAGE_ANCHOR);
    if (result) {
      v1::Input& input = *task.add_inputs();
      input.set_stage(v1::STAGE_ANCHOR);
      input.set_name("anchor/0");
      *input.mutable_blob() = result->outputs(0).blob();
    }
    return result;
  }

  Result<Latents> Denoise(v1::Task task, std::uint32_t frames, std::uint32_t last_step) {
    v1::FrameRange core;
    core.set_end(frames);
    *task.mutable_chunk()->mutable_core() = core;
    *task.mutable_chunk()->mutable_halo() = core;
    task.mutable_round()->set_last_step(last_step);
    WEFT_ASSIGN_OR_RETURN(const v1::TaskResult result, RunStage(task, v1::STAGE_DENOISE));
    WEFT_ASSIGN_OR_RETURN(const std::string blob, blobs_.Get(result.outputs(0).blob().key()));
    return UnpackLatents(blob);
  }

  // No latents where it failed, which it says.
  Latents Denoised(const v1::Task& task, std::uint32_t frames, std::uint32_t last_step) {
    Result<Latents> latents = Denoise(task, frames, last_step);
    EXPECT_TRUE(latents) << latents.error().message();
    return latents.value_or(Latents{});
  }

  // A round of a job that wants previews; its anchor is there.
  v1::Task Pictured() {
    v1::Task task = Whole(v1::SAMPLER_DDIM);
    task.mutable_job()->set_previews(true);
    EXPECT_TRUE(RunAnchor(task));
    task.mutable_chunk()->mutable_core()->set_end(2);
    task.mutable_chunk()->mutable_halo()->set_end(2);
    task.mutable_round()->set_last_step(1);
    task.mutable_round()->set_predict_step(1);
    return task;
  }

  // As the probe does.
  Status BringLook(v1::Task& task) {
    WEFT_ASSIGN_OR_RETURN(const v1::Look look, LoadLook(task.job(), task.clip()));
    v1::TaskResult result;
    WEFT_RETURN_IF_ERROR(StoreOutput(task, kLookOutput, look.SerializeAsString(), blobs_, &result));
    v1::Input& input = *task.add_inputs();
    input.set_stage(v1::STAGE_PROBE);
    input.set_name(kLookOutput);
    *input.mutable_blob() = result.outputs(0).blob();
    return {};
  }

  int runs_ = 0;
  MemoryBlobStore blobs_;
  WarmModel model_{"cpu"};
  WarmClip clip_;
  std::vector<double> moved_;
  std::atomic<bool> abandoned_ = false;
  StageContext context_{
      blobs_,    model_, clip_, /*memory=*/0, [this](double done) { moved_.push_back(done); },
      abandoned_};
};

TEST_F(DenoiseStage, EverySamplerRunsAnchorsAndFramesThroughTheSameSteps) {
  for (const v1::Sampler sampler :
       {v1::SAMPLER_DDIM, v1::SAMPLER_EULER, v1::SAMPLER_DPMPP_2M, v1::SAMPLER_PNDM}) {
    SCOPED_TRACE(v1::Sampler_Name(sampler));
    v1::Task task = Whole(sampler);
    if (sampler == v1::SAMPLER_DDIM) {
      task.mutable_job()->set_eta(0.7);
    }
    const std::uint32_t calls = kSteps + (sampler == v1::SAMPLER_PNDM ? 1 : 0);
    moved_.clear();
    const auto anchor = RunAnchor(task);
    ASSERT_TRUE(anchor) << anchor.error().message();
    EXPECT_EQ(moved_.size(), calls);
    EXPECT_EQ(moved_.back(), 1.0);
    const Latents before = *UnpackLatents(*blobs_.Get(anchor->outputs(0).blob().key()));
    EXPECT_EQ(before.frames, static_cast<int>(calls));

    // Frame 0 is the anchor, and attending to oneself twice is attending once.
    const Latents after_three = Denoised(task, 2, 3);
    const Latents third = Slice(before, 3, 1);
    double worst = 0.0;
    ASSERT_EQ(after_three.values.size(), 2 * third.values.size());
    for (std::size_t i = 0; i < third.values.size(); ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(third.values[i]) -
                                       static_cast<double>(after_three.values[i])));
    }
    EXPECT_LT(worst, 1e-3);

    // Frames do not depend on their company.
    moved_.clear();
    const Latents both = Denoised(task, 2, calls);
    EXPECT_EQ(moved_.size(), calls);
    EXPECT_EQ(Slice(both, 0, 1), Denoised(task, 1, calls));
  }
}

// A film's anchors fall into groups; each of them runs with the first one.
TEST_F(DenoiseStage, AnchorsDoNotDependOnTheirGroup) {
  v1::Task task = Whole(v1::SAMPLER_DDIM);
  for (const std::uint32_t frame : {0, 3, 5}) {
    task.add_anchor_frames(frame);
  }
  const auto whole = RunStage(task, v1::STAGE_ANCHOR);
  ASSERT_TRUE(whole) << whole.error().message();
  ASSERT_EQ(whole->outputs_size(), 3);
  task.clear_anchor_frames();
  task.add_anchor_frames(0);
  task.add_anchor_frames(5);
  task.mutable_attempt()->mutable_task()->set_chunk(1);
  const auto group = RunStage(task, v1::STAGE_ANCHOR);
  ASSERT_TRUE(group) << group.error().message();
  ASSERT_EQ(group->outputs_size(), 1);
  EXPECT_EQ(group->outputs(0).name(), "anchor/5");
  EXPECT_EQ(group->outputs(0).blob().checksum(), whole->outputs(2).blob().checksum());
  EXPECT_NE(group->outputs(0).blob().checksum(), whole->outputs(0).blob().checksum());
}

// Goal: frames that attend to another job's anchors see what that job's frames saw. Method: both
// jobs are equal, so that the pictures are, too.
TEST_F(DenoiseStage, AttendsToTheAnchorsOfAnotherJob) {
  const TemporaryFolder folder;
  v1::Task first = Whole(v1::SAMPLER_DDIM);
  first.mutable_job()->set_save_look_path(folder.File("look"));
  ASSERT_TRUE(RunAnchor(first));
  const Latents own = Denoised(first, 2, kSteps);

  v1::Task second = Whole(v1::SAMPLER_DDIM);
  second.mutable_job()->set_look_path(folder.File("look"));
  second.mutable_job()->set_seed(8);
  ASSERT_TRUE(BringLook(second));
  EXPECT_EQ(Denoised(second, 2, kSteps / 2), Denoised(first, 2, kSteps / 2))
      << "the noise is the first job's";
  // Then the texture of each frame is brought to the anchor's, which frame 0 itself is.
  const Latents textured = Denoised(second, 2, kSteps);
  EXPECT_LT(Difference(Slice(textured, 0, 1), Slice(own, 0, 1)), 0.1);
  EXPECT_FALSE(textured == own);

  second.mutable_job()->set_steps(kSteps + 1);
  const Status refused = BringLook(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("steps 4, this job has 5"));

  second.mutable_job()->set_look_path(folder.File("later.look"));
  const Status later = BringLook(second);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), ErrorCode::kUnavailable) << "so that it is asked for again";
}

TEST_F(DenoiseStage, BringsASmallPictureOfEveryRoundWhereTheJobWantsIt) {
  const auto result = RunStage(Pictured(), v1::STAGE_DENOISE);
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_EQ(result->outputs_size(), 3);
  EXPECT_EQ(result->outputs(2).name(), "preview");
  const auto pictures = UnpackControls(*blobs_.Get(result->outputs(2).blob().key()));
  ASSERT_TRUE(pictures);
  ASSERT_EQ(pictures->size(), 1U);
  EXPECT_EQ(pictures->front().width, 16);
  EXPECT_EQ(pictures->front().channels, 3);
}

TEST_F(DenoiseStage, GoesOnWithoutAPictureThatCannotBeStored) {
  const v1::Task task = Pictured();
  std::vector<std::string> warned;
  context_.warned = [&](const std::string& what) { warned.push_back(what); };
  ASSERT_TRUE(blobs_.Put(std::to_string(runs_) + "/preview", "of somebody else"));
  const auto result = RunStage(task, v1::STAGE_DENOISE);
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_EQ(result->outputs_size(), 2);
  EXPECT_EQ(result->outputs(0).name(), "latents");
  EXPECT_EQ(result->outputs(1).name(), "x0");
  EXPECT_THAT(warned, ElementsAre(HasSubstr("there is no preview of this round: ")));
}

TEST_F(DenoiseStage, RefusesSmoothingStepsOfASamplerThatHasNone) {
  v1::Task task = Whole(v1::SAMPLER_EULER);
  task.mutable_job()->add_smooth_steps(1);
  task.mutable_job()->set_window(2);
  const auto result = Denoise(task, 2, kSteps);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(result.error().message(), HasSubstr("smooth_steps"));
}

}  // namespace
}  // namespace weft::worker
