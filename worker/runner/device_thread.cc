#include "worker/runner/device_thread.h"

#include <utility>

#include "common/failpoint.h"
#include "common/wire/model_key.h"
#include "worker/media/ffmpeg_voice.h"
#include "worker/models/torch_voice.h"
#include "worker/runner/attempt_fields.h"

namespace weft::worker {

DeviceThread::DeviceThread(std::string device,
                           std::uint64_t memory,
                           std::optional<StorageOptions> storage,
                           PathRules rules,
                           Log log)
    : device_(std::move(device)),
      memory_(memory),
      storage_(std::move(storage)),
      rules_(std::move(rules)),
      log_(std::move(log)),
      voices_(log_),
      thread_([this] { Loop(); }) {}

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
    work_ = Work{task, attempt, blobs_};
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
  const models::TorchVoice torch([this](const std::string& warning) {
    voices_.Take("LibTorch", LogLevel::kWarning, warning);
  });
  // What is an error to FFmpeg need not be one to the task, which may well go on.
  media::HearFfmpeg([this](media::Concern concern, const std::string& line) {
    voices_.Take("FFmpeg", concern == media::Concern::kError ? LogLevel::kWarning : LogLevel::kInfo,
                 line);
  });
  WarmModel model(device_);
  WarmClip clip;
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return leaving_ || work_; });
    if (leaving_) {
      lock.unlock();
      media::HearFfmpeg({});
      return;
    }
    const Work work = *std::exchange(work_, std::nullopt);
    lock.unlock();
    Run(work, model, clip);
  }
}

void DeviceThread::Run(const Work& work, WarmModel& model, WarmClip& clip) {
  StageContext context{
      .blobs = *work.blobs,
      .model = model,
      .clip = clip,
      .memory = memory_,
      .moved =
          [&](double fraction) {
            Tell(TaskMoved{work.attempt, fraction});
          },
      .abandoned = abandoned_,
      .warned = [&](const std::string& what) { log_.With(FieldsOf(work.attempt)).Warning(what); },
      .storage = storage_ ? &*storage_ : nullptr,
  };
  voices_.Begin(FieldsOf(work.attempt));
  const Result<v1::Task> located = Locate(work.task, rules_);
  Result<v1::TaskResult> result =
      located ? RunTask(*located, context) : Result<v1::TaskResult>(Failure(located.error()));
  const std::string said = voices_.End();
  Failpoint("worker/after-task");
  if (model.key() != model_key_) {
    model_key_ = model.key();
    // It was loaded for this task, and the coordinator knows it by the names that the job has.
    Tell(ModelChanged{model_key_.empty() ? model_key_ : ModelKey(work.task.job())});
  }
  if (result) {
    Tell(TaskSucceeded{work.attempt, *std::move(result)});
  } else {
    Tell(TaskErred{work.attempt, result.error(), said});
  }
}

}  // namespace weft::worker
