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

void Committer::Begin(Batch batch) {
  assert(!busy_);
  busy_ = true;
  finished_ = false;
  {
    const std::lock_guard lock(mutex_);
    begun_ = std::move(batch);
  }
  changed_.notify_all();
}

std::optional<Result<Batch>> Committer::Take() {
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
    Batch batch = *std::exchange(begun_, std::nullopt);
    lock.unlock();
    const Status written = Write(batch);
    lock.lock();
    done_ = written ? Result<Batch>(std::move(batch)) : Failure(written.error());
    finished_ = true;
    changed_.notify_all();
    listener_.Interrupt();
  }
}

Status Committer::Write(const Batch& batch) {
  Failpoint("coordinator/before-commit");
  const Status committed = ledger_->Commit(batch.records);
  Failpoint("coordinator/after-commit");
  return committed ? committed : Failure(committed.error().Within("ledger"));
}

}  // namespace weft::coordinator
