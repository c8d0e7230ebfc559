// The finished file and what lies beside it. tests/worker/media joins files, tests/system measures
// seams.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"
#include "tests/worker/media/moving_picture.h"
#include "tests/worker/media/scratch.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::uint32_t kFrames = 10;
constexpr int kWidth = 64;
constexpr int kHeight = 48;

class AssembleTask : public ::testing::Test {
 protected:
  AssembleTask() {
    v1::JobSpec& job = *task_.mutable_job();
    job.set_input_path(scratch_.Make("clip.mp4",
                                     "-f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 10 "
                                     "-c:v libx264 -pix_fmt yuv420p"));
    job.set_output_path(scratch_.Path("out.mp4"));
    v1::Clip& clip = *task_.mutable_clip();
    clip.set_frame_count(kFrames);
    task_.mutable_attempt()->mutable_task()->set_stage(v1::STAGE_ASSEMBLE);
    const std::string segment = media::SegmentOf({media::Codec::kH264, kWidth, kHeight, 25, 1},
                                                 media::MovingPicture(0, kFrames, kWidth, kHeight));
    v1::Input& input = *task_.add_inputs();
    input.set_stage(v1::STAGE_ENCODE);
    input.set_name("segment");
    input.mutable_blob()->set_key("segment");
    input.mutable_blob()->set_size_bytes(segment.size());
    input.mutable_blob()->set_checksum(Xxh3(segment));
    EXPECT_TRUE(blobs_.Put("segment", segment));
    context_.warned = [this](const std::string& what) { warnings_.push_back(what); };
  }

  media::Scratch scratch_;
  v1::Task task_;
  MemoryBlobStore blobs_;
  WarmModel model_{"cpu"};
  WarmClip clip_;
  std::atomic<bool> abandoned_ = false;
  std::vector<std::string> warnings_;
  StageContext context_{blobs_, model_, clip_, /*memory=*/0, [](double) {}, abandoned_};
};

TEST_F(AssembleTask, RemovesTheSeamReportOfTheVideoThatItReplaces) {
  for (const char* name :
       {"out.mp4", "out.mp4.seams.json", "out.mp4.seams.png", "out.mp4.txt", "other.seams.json"}) {
    scratch_.Write(name, "old");
  }
  const auto done = RunTask(task_, context_);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_THAT(scratch_.Names(),
              UnorderedElementsAre("clip.mp4", "out.mp4", "out.mp4.txt", "other.seams.json"));
  EXPECT_EQ(media::FrameTimes(scratch_.Path("out.mp4")).size(), kFrames);
  EXPECT_THAT(warnings_, IsEmpty());
}

// What is made of key frames has their values, not those of the clip that says how things move.
TEST_F(AssembleTask, NamesTheSourcesColoursUnlessFramesAreMadeOfKeys) {
  const std::string hdr = scratch_.Make("hdr.mp4",
                                        "-i %/clip.mp4 -c:v copy -bsf:v h264_metadata="
                                        "colour_primaries=9:transfer_characteristics=16");
  task_.mutable_job()->set_input_path(hdr);
  const auto tags = [this] {
    return media::Probe(scratch_.Path("out.mp4"),
                        "-show_entries stream=color_transfer,color_primaries");
  };
  ASSERT_TRUE(RunTask(task_, context_));
  EXPECT_THAT(tags(), ElementsAre("smpte2084", "bt2020"));
  task_.mutable_job()->set_smoothing_mode(v1::SMOOTHING_MODE_PROPAGATE);
  ASSERT_TRUE(RunTask(task_, context_));
  EXPECT_THAT(tags(), ElementsAre("bt709", "bt709"));
}

TEST_F(AssembleTask, KeepsTheSeamReportWhileTheOldVideoStays) {
  scratch_.Write("out.mp4.seams.json", "old");
  ASSERT_TRUE(blobs_.DeletePrefix("segment"));
  EXPECT_FALSE(RunTask(task_, context_));
  EXPECT_THAT(scratch_.Names(), UnorderedElementsAre("clip.mp4", "out.mp4.seams.json"));
}

TEST_F(AssembleTask, SaysWhichOldSeamReportCannotBeRemoved) {
  std::filesystem::create_directory(scratch_.Path("out.mp4.seams.png"));
  scratch_.Write("out.mp4.seams.png/kept", "");
  EXPECT_TRUE(RunTask(task_, context_));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("out.mp4.seams.png is of an older video")));
}

}  // namespace
}  // namespace weft::worker
