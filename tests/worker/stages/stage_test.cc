// The probe of a render, as a task. tests/system probes bad inputs through the whole program.

#include "worker/stages/stage.h"

#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "tests/common/temporary_folder.h"
#include "worker/models/model_memory.h"

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

}  // namespace
}  // namespace weft::worker
