#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "tests/worker/media/scratch.h"
#include "worker/stages/blobs.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint32_t kFirst = 2;   // Of the job, in its source.
constexpr std::uint32_t kFrames = 3;  // Of the job, which is one chunk.

class AnnotateStage : public ::testing::Test {
 protected:
  AnnotateStage() {
    // Frame k is a grey that grows with k.
    const std::string grey = "-f lavfi -i \"color=size=16x8,format=rgb24,geq=r='20*N':g='20*N':b=";
    job().set_input_path(scratch_.Make("source.mkv", grey + "'20*N'\" -frames:v 6 -c:v ffv1"));
    maps_ = scratch_.Make("maps.mkv", grey + "'200'\" -frames:v 5 -c:v ffv1 -pix_fmt bgr0");
    v1::Clip& clip = *task_.mutable_clip();
    clip.set_first_frame(kFirst);
    clip.set_frame_count(kFrames);
    clip.mutable_size()->set_width(16);
    clip.mutable_size()->set_height(8);
    *clip.mutable_padded_size() = clip.size();
    clip.set_vae_factor(8);
    task_.mutable_chunk()->mutable_core()->set_end(kFrames);
    task_.mutable_attempt()->mutable_task()->set_stage(v1::STAGE_ANNOTATE);
  }

  v1::JobSpec& job() { return *task_.mutable_job(); }

  v1::Control& AddControl(v1::ControlKind kind, const std::string& maps = "") {
    v1::Control& control = *job().add_controls();
    control.set_kind(kind);
    control.set_maps_path(maps);
    return control;
  }

  std::vector<ControlMap> MapsOf(const v1::TaskResult& result, int output) {
    return *UnpackControls(*blobs_.Get(result.outputs(output).blob().key()));
  }

  media::Scratch scratch_;
  std::string maps_;  // Has only the frames that the job needs.
  v1::Task task_;
  MemoryBlobStore blobs_;
  WarmModel model_{"cpu"};
  WarmClip clip_;
  std::atomic<bool> abandoned_ = false;
  StageContext context_{blobs_, model_, clip_, /*memory=*/0, [](double) {}, abandoned_};
};

TEST_F(AnnotateStage, MakesMapsOfEachControlFromTheSourceOrFromAClipOfMaps) {
  AddControl(v1::CONTROL_KIND_TILE);
  AddControl(v1::CONTROL_KIND_DEPTH, maps_);
  AddControl(v1::CONTROL_KIND_SOFT_EDGE);
  const auto result = RunTask(task_, context_);
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_EQ(result->outputs_size(), 3);
  EXPECT_EQ(result->outputs(1).name(), "control/1");
  const std::vector<ControlMap> tiles = MapsOf(*result, 0);
  const std::vector<ControlMap> depths = MapsOf(*result, 1);
  ASSERT_EQ(tiles.size(), kFrames);
  ASSERT_EQ(depths.size(), kFrames);
  for (std::uint32_t frame = 0; frame < kFrames; ++frame) {
    const int grey = static_cast<int>(20 * (kFirst + frame));
    EXPECT_EQ(tiles[frame].channels, 3);
    EXPECT_NEAR(tiles[frame].values[2], grey, 1) << "of the source's frame";
    EXPECT_NEAR(depths[frame].values[0], grey, 1) << "the same frame of the maps";
    EXPECT_NEAR(depths[frame].values[2], 200, 1) << "red, green, blue";
  }
  EXPECT_EQ(MapsOf(*result, 2).front().channels, 1);
}

TEST_F(AnnotateStage, BringsMapsToTheJobsSize) {
  AddControl(v1::CONTROL_KIND_CANNY, maps_);
  task_.mutable_clip()->mutable_size()->set_width(20);
  task_.mutable_clip()->mutable_padded_size()->set_width(24);
  const auto result = RunTask(task_, context_);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(MapsOf(*result, 0).front().width, 24);
  EXPECT_EQ(MapsOf(*result, 0).front().height, 8);
}

TEST_F(AnnotateStage, NamesBothCountsWhereThereAreTooFewMaps) {
  AddControl(v1::CONTROL_KIND_DEPTH, maps_);
  task_.mutable_clip()->set_frame_count(4);
  const auto result = RunTask(task_, context_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(result.error().message(),
              AllOf(HasSubstr("maps.mkv"), HasSubstr("has 5 control maps"), HasSubstr("needs 6")));
}

TEST_F(AnnotateStage, RefusesAKindThatItCannotMakeFromTheSource) {
  AddControl(v1::CONTROL_KIND_OPENPOSE);
  const auto result = RunTask(task_, context_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::worker
