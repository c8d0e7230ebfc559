#include "coordinator/server/committer.h"

#include <cassert>
#include <utility>

#include "common/failpoint.h"

namespace weft::coordinator {

Committer::Committer(std::unique_ptr<Ledger> ledger, BoundListener& listener)
    : ledger_(std::move(ledger)), listener_(listener), thread_([this] { Work(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Committer::Begin(Effects batch) {
  assert(!busy_);
  busy_ = true;
  {
    const std::lock_guard lock(mutex_);
    begun_ = std::move(batch);
  }
  changed_.notify_all();
}

std::optional<Result<Committed>> Committer::Take() {
  if (!busy_) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  auto done = std::exchange(done_, std::nullopt);
  busy_ = !done.has_value();
  return done;
}

void Committer::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_.has_value(); });
}

void Committer::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || begun_.has_value(); });
    if (!begun_.has_value()) {
      return;
    }
    const Effects batch = *std::exchange(begun_, std::nullopt);
    lock.unlock();
    Result<Committed> written = Write(batch);
    lock.lock();
    done_ = std::move(written);
    changed_.notify_all();
    listener_.Interrupt();
  }
}

Result<Committed> Committer::Write(const Effects& batch) {
  Failpoint("coordinator/before-commit");
  const Status committed = ledger_->Commit(batch.records);
  Failpoint("coordinator/after-commit");
  if (!committed) {
    return Failure(committed.error().Within("ledger"));
  }
  Committed result;
  result.letters.reserve(batch.messages.size());
  for (const Message& message : batch.messages) {
    // A worker that is told that its outcome counts is given its next task in the same breath.
    if (result.letters.empty() || result.letters.back().to != message.to) {
      result.letters.push_back({message.to, {}});
    }
    result.letters.back().messages.push_back(message.body.SerializeAsString());
  }
  result.notes = batch.notes;
  result.drops = batch.drops;
  return result;
}

}  // namespace weft::coordinator
