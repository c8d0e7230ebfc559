#include "worker/runner/device_thread.h"

#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/wire/ids_wire.h"
#include "common/wire/model_key.h"

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

  DeviceThread device_{"cpu", std::uint64_t{1} << 30U};
  std::uint32_t attempts_ = 0;
};

TEST_F(DeviceThreadTest, TellsOnceWhichModelItHasLoaded) {
  const std::string model = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
  const std::string key = ModelKey(RoundWithoutInputs({}, model).job());
  EXPECT_EQ(KeysToldWhileRunning(model), std::vector<std::string>{key});
  EXPECT_EQ(KeysToldWhileRunning(model), std::vector<std::string>{}) << "it is kept";
  EXPECT_EQ(KeysToldWhileRunning("/no/such/model"), std::vector<std::string>{})
      << "the one before is there still";
}

}  // namespace
}  // namespace weft::worker
