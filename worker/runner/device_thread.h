// The thread that computes. It runs one task at a time and tells what becomes of it; nothing else
// is shared with the thread that talks to the coordinator. What the libraries say meanwhile goes
// into the log; FFmpeg has one listener in a process, so there can be one such thread at a time.

#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/blob_store.h"
#include "common/log/log.h"
#include "weft/v1/task.pb.h"
#include "worker/agent/agent.h"
#include "worker/runner/library_voices.h"
#include "worker/stages/stage.h"
#include "worker/storage/path_rules.h"

namespace weft::worker {

class DeviceThread {
 public:
  // device: "cpu" or "cuda:N", for the models.  memory: bytes of it that a model may take.
  // storage: for clips and outputs that are objects; nothing: they are refused.
  // rules: for the paths of jobs.
  DeviceThread(std::string device,
               std::uint64_t memory,
               std::optional<StorageOptions> storage,
               PathRules rules,
               Log log);
  DeviceThread(const DeviceThread&) = delete;
  DeviceThread& operator=(const DeviceThread&) = delete;
  // Abandons what runs and waits for it to stop.
  ~DeviceThread();

  // Blobs of tasks started from now on are here. What runs goes on with those it began with.
  void UseBlobs(std::unique_ptr<BlobStore> blobs);

  // Runs the task. REQUIRES: UseBlobs() was called; nothing runs.
  void Start(const v1::Task& task, const AttemptId& attempt);

  // Asks the running task to stop at its next good place; its end is still told.
  void Abandon() { abandoned_ = true; }

  // What happened since the last call, oldest first.
  std::vector<AgentEvent> TakeEvents();

 private:
  struct Work {
    v1::Task task;
    AttemptId attempt;
    std::shared_ptr<BlobStore> blobs;
  };

  void Loop();
  // Runs it, and tells of its end.
  void Run(const Work& work, WarmModel& model, WarmClip& clip);
  void Tell(AgentEvent event);

  const std::string device_;
  const std::uint64_t memory_;
  const std::optional<StorageOptions> storage_;
  const PathRules rules_;
  const Log log_;
  LibraryVoices voices_;
  std::string model_key_;             // Of the loaded model, last; the thread's own.
  std::shared_ptr<BlobStore> blobs_;  // Of the next task; the one that runs has its own hold.
  std::atomic<bool> abandoned_{false};

  std::mutex mutex_;  // Guards the three below.
  std::condition_variable wake_;
  std::optional<Work> work_;
  std::deque<AgentEvent> events_;
  bool leaving_ = false;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft::worker
