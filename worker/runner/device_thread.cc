#include "worker/runner/device_thread.h"

#include <utility>

#include "common/failpoint.h"
#include "worker/stages/stage.h"

namespace weft::worker {

DeviceThread::DeviceThread(std::string device, std::uint64_t memory)
    : device_(std::move(device)), memory_(memory), thread_([this] { Loop(); }) {}

DeviceThread::~DeviceThread() {
  abandoned_ = true;
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void DeviceThread::UseBlobs(std::unique_ptr<BlobStore> blobs) {
  blobs_ = std::move(blobs);
}

void DeviceThread::Start(const v1::Task& task, const AttemptId& attempt) {
  abandoned_ = false;
  {
    const std::lock_guard lock(mutex_);
    work_ = Work{task, attempt};
  }
  wake_.notify_one();
}

std::vector<AgentEvent> DeviceThread::TakeEvents() {
  const std::lock_guard lock(mutex_);
  std::vector<AgentEvent> events(std::make_move_iterator(events_.begin()),
                                 std::make_move_iterator(events_.end()));
  events_.clear();
  return events;
}

void DeviceThread::Tell(AgentEvent event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
}

void DeviceThread::Loop() {
  WarmModel model(device_);
  WarmClip clip;
  std::string told;  // Of the model, last.
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return leaving_ || work_; });
    if (leaving_) {
      return;
    }
    const Work work = *std::exchange(work_, std::nullopt);
    lock.unlock();
    StageContext context{
        .blobs = *blobs_,
        .model = model,
        .clip = clip,
        .memory = memory_,
        .moved =
            [&](double fraction) {
              Tell(TaskMoved{work.attempt, fraction});
            },
        .abandoned = abandoned_,
    };
    Result<v1::TaskResult> result = RunTask(work.task, context);
    Failpoint("worker/after-task");
    if (model.key() != told) {
      told = model.key();
      Tell(ModelChanged{told});
    }
    if (result) {
      Tell(TaskSucceeded{work.attempt, *std::move(result)});
    } else {
      Tell(TaskErred{work.attempt, result.error()});
    }
  }
}

}  // namespace weft::worker
