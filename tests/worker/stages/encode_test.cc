// Groups of pictures from the runs of several chunks.

#include <atomic>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"
#include "common/plan/picture_runs.h"
#include "tests/worker/media/moving_picture.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

using ::testing::HasSubstr;

constexpr int kWidth = 64;
constexpr int kHeight = 48;

media::SegmentFormat FormatFor(media::Codec codec) {
  return {codec, kWidth, kHeight, 24, 1};
}

// Frames 5 to 14 are a group; chunks have 4 frames.
class EncodeTest : public ::testing::Test {
 protected:
  EncodeTest() {
    task_.mutable_job()->set_chunk_frames(4);
    v1::Clip& clip = *task_.mutable_clip();
    clip.set_frame_count(20);
    clip.mutable_size()->set_width(kWidth);
    clip.mutable_size()->set_height(kHeight);
    clip.mutable_frame_rate()->set_numerator(24);
    clip.mutable_frame_rate()->set_denominator(1);
    task_.mutable_attempt()->mutable_task()->set_stage(v1::STAGE_ENCODE);
    task_.mutable_chunk()->mutable_core()->set_begin(5);
    task_.mutable_chunk()->mutable_core()->set_end(15);
  }

  // What the chunk has brought, of these frames.
  void Store(std::uint32_t chunk, FrameRange run, std::uint32_t frames_missing = 0) {
    const std::string bytes = media::SegmentOf(
        FormatFor(media::Codec::kFfv1),
        media::MovingPicture(run.begin, run.end - frames_missing, kWidth, kHeight));
    v1::Input& input = *task_.add_inputs();
    input.set_stage(v1::STAGE_FINISH);
    input.set_chunk(chunk);
    input.set_name(RunName(run));
    const std::string key = std::to_string(++stored_);
    input.mutable_blob()->set_key(key);
    input.mutable_blob()->set_size_bytes(bytes.size());
    input.mutable_blob()->set_checksum(Xxh3(bytes));
    ASSERT_TRUE(blobs_.Put(key, bytes));
  }

  Result<std::string> Encode() {
    task_.set_output_prefix("out-" + std::to_string(++stored_) + "/");
    WEFT_ASSIGN_OR_RETURN(const v1::TaskResult result, RunTask(task_, context_));
    EXPECT_EQ(result.frames(), 10U);
    EXPECT_EQ(result.outputs_size(), 1);
    EXPECT_EQ(result.outputs(0).name(), "segment");
    return blobs_.Get(result.outputs(0).blob().key());
  }

  v1::Task task_;
  MemoryBlobStore blobs_;
  int stored_ = 0;
  WarmModel model_{"cpu"};
  WarmClip clip_;
  double moved_ = 0;
  std::atomic<bool> abandoned_ = false;
  StageContext context_{blobs_,    model_, clip_, /*memory=*/0, [this](double to) { moved_ = to; },
                        abandoned_};
};

TEST_F(EncodeTest, AreWhatTheFramesAreEncodedTogether) {
  Store(1, {5, 8});
  Store(2, {8, 12});
  Store(3, {12, 15});
  const auto segment = Encode();
  ASSERT_TRUE(segment) << segment.error().message();
  EXPECT_TRUE(*segment == media::SegmentOf(FormatFor(media::Codec::kH264),
                                           media::MovingPicture(5, 15, kWidth, kHeight)));
  EXPECT_EQ(moved_, 1);
}

TEST_F(EncodeTest, DoNotDependOnChunks) {
  Store(1, {5, 8});
  Store(2, {8, 12});
  Store(3, {12, 15});
  const auto segment = Encode();
  ASSERT_TRUE(segment) << segment.error().message();
  task_.clear_inputs();
  task_.mutable_job()->set_chunk_frames(7);
  Store(0, {5, 7});
  Store(1, {7, 14});
  Store(2, {14, 15});
  EXPECT_TRUE(Encode().value() == *segment);
}

TEST_F(EncodeTest, SayWhichRunIsMissingOrTooShort) {
  Store(1, {5, 8});
  Store(2, {8, 12});
  const auto missing = Encode();
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("lacks its input finish 3.0 run/12"));
  Store(3, {12, 15}, 1);
  const auto damaged = Encode();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::kDataLoss);
}

TEST_F(EncodeTest, StopWhenTheTaskIsAbandoned) {
  Store(1, {5, 8});
  Store(2, {8, 12});
  Store(3, {12, 15});
  abandoned_ = true;
  const auto stopped = Encode();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(blobs_.Get(task_.output_prefix() + "segment"));
}

}  // namespace
}  // namespace weft::worker
