#include "coordinator/server/output_check.h"

#include <algorithm>
#include <utility>

#include "common/blob/blob_loss.h"

namespace weft::coordinator {
namespace {

constexpr std::size_t kWaitingMax = 1024;  // Whoever says more says it again.

// Bytes of the same build in the same process may be compared.
std::string AttemptOf(const MessageArrived& arrived) {
  return arrived.message.task_completed().attempt().SerializeAsString();
}

const v1::TaskResult& ResultOf(const MessageArrived& arrived) {
  return arrived.message.task_completed().result();
}

}  // namespace

OutputCheck::OutputCheck(BlobWitness& store, std::function<void()> wake)
    : store_(store), wake_(std::move(wake)), thread_([this] { Work(); }) {}

OutputCheck::~OutputCheck() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<MessageArrived> OutputCheck::Look(MessageArrived arrived) {
  if (!HasToRead(arrived)) {
    return HasJudged(arrived) ? std::optional(std::move(arrived)) : std::nullopt;
  }
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kWaitingMax && attempts_.insert(AttemptOf(arrived)).second) {
      waiting_.push_back(std::move(arrived));
    }
  }
  changed_.notify_all();
  return std::nullopt;
}

std::vector<MessageArrived> OutputCheck::Take() {
  const std::lock_guard lock(mutex_);
  for (const MessageArrived& arrived : read_) {
    attempts_.erase(AttemptOf(arrived));
  }
  return std::exchange(read_, {});
}

bool OutputCheck::HasToRead(const MessageArrived& arrived) const {
  const auto& outputs = ResultOf(arrived).outputs();
  return std::any_of(outputs.begin(), outputs.end(), [this](const v1::Output& output) {
    return store_.HasToRead(output.blob().key());
  });
}

bool OutputCheck::HasJudged(MessageArrived& arrived) {
  for (const v1::Output& output : ResultOf(arrived).outputs()) {
    const Status confirmed = Ends() ? Status() : store_.Confirm(output.blob());
    if (!confirmed && !SaysThatItIsLost(confirmed.error())) {
      return false;
    }
    if (!confirmed) {
      arrived.lie = confirmed.error().Within("output '" + output.name() + "'").message();
      return true;
    }
  }
  return true;
}

bool OutputCheck::Ends() {
  const std::lock_guard lock(mutex_);
  return ends_;
}

void OutputCheck::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (ends_) {
      return;
    }
    MessageArrived arrived = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool has_judged = HasJudged(arrived);
    lock.lock();
    if (ends_) {
      return;
    }
    if (!has_judged) {
      attempts_.erase(AttemptOf(arrived));
      continue;
    }
    read_.push_back(std::move(arrived));
    lock.unlock();
    wake_();
    lock.lock();
  }
}

}  // namespace weft::coordinator
