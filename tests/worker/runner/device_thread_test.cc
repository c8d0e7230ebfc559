#include "worker/runner/device_thread.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/wire/ids_wire.h"
#include "common/wire/model_key.h"
#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

// A round that loads the job's model and then misses its latents.
v1::Task RoundWithoutInputs(const AttemptId& attempt, const std::string& model) {
  v1::Task task;
  *task.mutable_attempt() = ToWire(attempt);
  v1::JobSpec& job = *task.mutable_job();
  job.set_model_path(model);
  job.set_data_type(v1::DATA_TYPE_FLOAT32);
  job.set_device("cpu");
  job.set_steps(4);
  job.set_strength(1.0);
  job.set_chunk_frames(4);
  task.mutable_clip()->set_frame_count(4);
  task.mutable_clip()->mutable_padded_size()->set_width(64);
  task.mutable_clip()->mutable_padded_size()->set_height(64);
  return task;
}

class DeviceThreadTest : public testing::Test {
 protected:
  DeviceThreadTest() { device_.UseBlobs(std::make_unique<MemoryBlobStore>()); }

  // The keys that were told of before the task's end.
  std::vector<std::string> KeysToldWhileRunning(const std::string& model) {
    const AttemptId attempt{{{"j"}, Stage::kDenoise, 0, 1}, ++attempts_, 1};
    device_.Start(RoundWithoutInputs(attempt, model), attempt);
    std::vector<std::string> keys;
    while (true) {
      for (const AgentEvent& event : device_.TakeEvents()) {
        if (const auto* changed = std::get_if<ModelChanged>(&event)) {
          keys.push_back(changed->key);
        }
        if (std::holds_alternative<TaskErred>(event) ||
            std::holds_alternative<TaskSucceeded>(event)) {
          return keys;
        }
      }
      std::this_thread::yield();
    }
  }

  // The failure that the task ends with.
  TaskErred End() {
    while (true) {
      for (const AgentEvent& event : device_.TakeEvents()) {
        if (const auto* erred = std::get_if<TaskErred>(&event)) {
          return *erred;
        }
      }
      std::this_thread::yield();
    }
  }

  DeviceThread device_{"cpu",
                       std::uint64_t{1} << 30U,
                       std::nullopt,
                       {{{"/models", WEFT_SOURCE_DIR "/deploy/models"}},
                        {WEFT_SOURCE_DIR, std::filesystem::temp_directory_path().string(), "/no"}},
                       Log::Silent()};
  std::uint32_t attempts_ = 0;
};

TEST_F(DeviceThreadTest, KnowsAModelByTheNameThatJobsHaveForIt) {
  const std::string key = ModelKey(RoundWithoutInputs({}, "/models/weft-demo").job());
  EXPECT_EQ(KeysToldWhileRunning("/models/weft-demo"), std::vector<std::string>{key});
}

TEST_F(DeviceThreadTest, RefusesWhatLiesInNoneOfItsRoots) {
  const AttemptId attempt{{{"j"}, Stage::kDenoise, 0, 1}, 1, 1};
  device_.Start(RoundWithoutInputs(attempt, "/etc/models"), attempt);
  const TaskErred erred = End();
  EXPECT_EQ(erred.error.code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(erred.error.message(), ::testing::HasSubstr("/etc/models lies in none"));
}

TEST_F(DeviceThreadTest, TellsOnceWhichModelItHasLoaded) {
  const std::string model = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
  const std::string key = ModelKey(RoundWithoutInputs({}, model).job());
  EXPECT_EQ(KeysToldWhileRunning(model), std::vector<std::string>{key});
  EXPECT_EQ(KeysToldWhileRunning(model), std::vector<std::string>{}) << "it is kept";
  EXPECT_EQ(KeysToldWhileRunning("/no/such/model"), std::vector<std::string>{})
      << "the one before is there still";
}

TEST_F(DeviceThreadTest, ExplainsAFailureByWhatFfmpegSaid) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("bad.mp4")) << std::string(
      "\0\0\0\x18"
      "ftypisom\0\0\2\0isomiso2",
      24);
  const AttemptId attempt{{{"j"}, Stage::kProbe, 0, 0}, ++attempts_, 1};
  v1::Task task = RoundWithoutInputs(attempt, WEFT_SOURCE_DIR "/deploy/models/weft-demo");
  task.mutable_job()->set_input_path(folder.File("bad.mp4"));
  task.mutable_job()->set_output_path(folder.File("out.mkv"));
  device_.Start(task, attempt);
  EXPECT_THAT(End().log, testing::HasSubstr("FFmpeg: [mov,mp4,m4a,3gp,3g2,mj2 @"));
}

}  // namespace
}  // namespace weft::worker
