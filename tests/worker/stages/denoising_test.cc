#include "worker/stages/denoising.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "worker/stages/blobs.h"

namespace weft::worker {
namespace {

using ::testing::ElementsAre;

constexpr ChunkOutput kLast{Stage::kDenoise, 1, "latents"};

// Two chunks of four frames that overlap by two on either side. Latents of one value: the number of
// the chunk that brought it.
class FetchFadedTest : public ::testing::Test {
 protected:
  FetchFadedTest() {
    v1::JobSpec& job = *task_.mutable_job();
    job.set_chunk_frames(4);
    job.set_exchange(v1::EXCHANGE_NONE);
    job.set_overlap_frames(2);
    task_.mutable_clip()->set_frame_count(8);
    task_.mutable_clip()->add_scene_starts(0);
  }

  void Bring(std::uint32_t chunk, int frames) {
    const Latents latents{
        .frames = frames,
        .channels = 1,
        .height = 1,
        .width = 1,
        .values = std::vector<float>(static_cast<std::size_t>(frames), static_cast<float>(chunk))};
    v1::TaskResult result;
    task_.set_output_prefix(std::to_string(chunk) + "/");
    ASSERT_TRUE(StoreOutput(task_, "latents", PackLatents(latents).value(), blobs_, &result));
    v1::Input& input = *task_.add_inputs();
    input.set_stage(v1::STAGE_DENOISE);
    input.set_chunk(chunk);
    input.set_round(1);
    input.set_name("latents");
    *input.mutable_blob() = result.outputs(0).blob();
  }

  v1::Task task_;
  MemoryBlobStore blobs_;
};

TEST_F(FetchFadedTest, GoesOverFromOneChunkToTheNextByEqualSteps) {
  Bring(0, 6);
  Bring(1, 6);
  const auto all = FetchFaded(task_, kLast, {0, 8}, blobs_);
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_THAT(all->values, ElementsAre(0, 0, 0.125F, 0.375F, 0.625F, 0.875F, 1, 1));
  const auto part = FetchFaded(task_, kLast, {3, 5}, blobs_);
  ASSERT_TRUE(part);
  EXPECT_THAT(part->values, ElementsAre(0.375F, 0.625F));
}

TEST_F(FetchFadedTest, NoticesLatentsOfAnotherNumberOfFrames) {
  Bring(0, 6);
  Bring(1, 4);
  const auto all = FetchFaded(task_, kLast, {0, 8}, blobs_);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code(), ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace weft::worker
