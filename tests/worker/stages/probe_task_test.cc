// The probe as tasks. tests/system probes bad inputs through the whole program.

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/ids.h"
#include "common/plan/probe_parts.h"
#include "tests/common/temporary_folder.h"
#include "tests/worker/media/scratch.h"
#include "worker/models/model_memory.h"
#include "worker/stages/probe.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

class ProbeTask : public ::testing::Test {
 protected:
  ProbeTask() {
    v1::JobSpec& job = *task_.mutable_job();
    job.set_kind(v1::JOB_KIND_RENDER);
    job.set_input_path(WEFT_SOURCE_DIR "/deploy/demo/city.mp4");
    job.set_output_path(folder_.File("out.mkv"));
    job.set_lossless(true);
    job.mutable_frames()->set_end(2);
    job.set_model_path(WEFT_SOURCE_DIR "/deploy/models/weft-demo");
    job.set_data_type(v1::DATA_TYPE_FLOAT32);
    job.set_device("cpu");
    job.set_anchors_attended(3);
    task_.mutable_attempt()->mutable_task()->set_stage(v1::STAGE_PROBE);
  }

  std::uint32_t MicroBatch(std::uint64_t memory) {
    StageContext context{blobs_, model_, clip_, memory, [](double) {}, abandoned_};
    const auto result = RunTask(task_, context);
    EXPECT_TRUE(result) << result.error().message();
    return result ? result->clip().micro_batch() : 0;
  }

  TemporaryFolder folder_;
  v1::Task task_;
  MemoryBlobStore blobs_;
  WarmModel model_{"cpu"};
  WarmClip clip_;
  std::atomic<bool> abandoned_ = false;
};

TEST_F(ProbeTask, ChoosesTheMicroBatchByTheWorkersMemory) {
  constexpr std::uint64_t kGiga = 1'000'000'000;
  EXPECT_EQ(MicroBatch(0), 1U);
  EXPECT_EQ(MicroBatch(16 * kGiga), static_cast<std::uint32_t>(models::kMicroBatchMax));
}

TEST_F(ProbeTask, KeepsTheJobsOwnMicroBatch) {
  task_.mutable_job()->set_micro_batch(5);
  EXPECT_EQ(MicroBatch(0), 5U);
}

// A clip long enough for two parts.
class ProbeTasks : public ::testing::Test {
 protected:
  v1::JobSpec Deflicker(const std::string& input) {
    v1::JobSpec job;
    job.set_kind(v1::JOB_KIND_DEFLICKER);
    job.set_input_path(input);
    job.set_output_path(folder_.File("out.mkv"));
    job.set_lossless(true);
    job.set_window(2);
    job.set_smoothing_mode(v1::SMOOTHING_MODE_BALANCED);
    return job;
  }

  std::string MakeLong() {
    return scratch_.Make("long.mp4",
                         "-f lavfi -i testsrc2=size=64x36:rate=25 -f lavfi -i "
                         "mandelbrot=size=64x36:rate=25 -filter_complex "
                         "\"[0]trim=duration=40[a];[1]trim=duration=44[b];"
                         "[a][b]concat\" -c:v libx264 -preset ultrafast -g 50 "
                         "-pix_fmt yuv420p");
  }

  // A fresh worker for every task; all see the same blobs.
  v1::TaskResult Run(const v1::Task& task) {
    WarmModel model("cpu");
    WarmClip clip;
    StageContext context{blobs_,    model, clip, 0, [this](double done) { moved_.push_back(done); },
                         abandoned_};
    context.warned = [this](const std::string& what) { warnings_.push_back(what); };
    const auto result = RunTask(task, context);
    EXPECT_TRUE(result) << result.error().message();
    return result.value_or(v1::TaskResult());
  }

  static v1::Task TaskOf(const v1::JobSpec& job, std::uint32_t round, std::uint32_t chunk = 0) {
    v1::Task task;
    *task.mutable_job() = job;
    task.mutable_attempt()->mutable_task()->set_stage(v1::STAGE_PROBE);
    task.mutable_attempt()->mutable_task()->set_round(round);
    task.mutable_attempt()->mutable_task()->set_chunk(chunk);
    task.set_output_prefix("probe/" + std::to_string(round) + "." + std::to_string(chunk) + "/");
    return task;
  }

  media::Scratch scratch_;
  TemporaryFolder folder_;
  MemoryBlobStore blobs_;
  std::atomic<bool> abandoned_ = false;
  std::vector<double> moved_;
  std::vector<std::string> warnings_;
};

TEST_F(ProbeTasks, FindTogetherWhatOneReadingFinds) {
  const v1::JobSpec job = Deflicker(MakeLong());
  const v1::Clip index = Run(TaskOf(job, kProbeIndex)).clip();
  ASSERT_EQ(index.part_starts_size(), 2);
  EXPECT_EQ(index.scene_starts_size(), 0);
  EXPECT_THAT(moved_, ::testing::IsEmpty()) << "no frame was read";
  v1::Task join = TaskOf(job, kProbeJoin);
  *join.mutable_clip() = index;
  const std::vector<std::uint32_t> starts(index.part_starts().begin(), index.part_starts().end());
  for (std::uint32_t part = 0; part < 2; ++part) {
    v1::Task task = TaskOf(job, kProbePart, part);
    *task.mutable_clip() = index;
    const FrameRange core = ProbePart(starts, part, index.frame_count());
    task.mutable_chunk()->mutable_core()->set_begin(core.begin);
    task.mutable_chunk()->mutable_core()->set_end(core.end);
    const v1::TaskResult result = Run(task);
    EXPECT_EQ(result.frames(), core.size());
    v1::Input& input = *join.add_inputs();
    input.set_stage(v1::STAGE_PROBE);
    input.set_chunk(part);
    input.set_round(kProbePart);
    input.set_name(result.outputs(0).name());
    *input.mutable_blob() = result.outputs(0).blob();
  }
  const v1::Clip joined = Run(join).clip();
  EXPECT_EQ(joined.scene_starts_size(), 2);
  EXPECT_EQ(joined.scene_starts(1), 1000U);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(joined, ProbeClip(job).value()));
  EXPECT_GT(moved_.size(), 100U);
  EXPECT_THAT(warnings_, ::testing::IsEmpty());
}

TEST_F(ProbeTasks, AreOneThatSaysSoWhereALongClipHasNoIndex) {
  MakeLong();
  const v1::JobSpec job = Deflicker(scratch_.Make("long.ts", "-i %/long.mp4 -c copy"));
  const v1::Clip clip = Run(TaskOf(job, kProbeIndex)).clip();
  EXPECT_EQ(clip.part_starts_size(), 0);
  EXPECT_EQ(clip.scene_starts_size(), 2);
  EXPECT_THAT(warnings_,
              ::testing::ElementsAre(::testing::HasSubstr("long.ts is read by one worker alone")));
}

}  // namespace
}  // namespace weft::worker
