// Puts batches on disk, one after the other, on a thread of its own: the next one is made up while
// the disk writes this one.

#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "common/result.h"
#include "common/transport/bound_listener.h"
#include "coordinator/ledger/ledger.h"
#include "coordinator/server/batch.h"

namespace weft::coordinator {

// Its functions are for one thread; the ledger is used by the committer's own from now on.
class Committer {
 public:
  // listener: outlives this; is interrupted whenever a batch is done.
  Committer(std::unique_ptr<Ledger> ledger, BoundListener& listener);
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;
  // The batch that was begun is written to its end.
  ~Committer();

  // Begins to write the batch. REQUIRES: !IsBusy().
  void Begin(Batch batch);

  // A batch was begun and its outcome was not taken.
  [[nodiscard]] bool IsBusy() const { return busy_; }

  // Nothing is being written, so that the next batch could be. Costs next to nothing.
  [[nodiscard]] bool IsAtRest() const { return !busy_ || finished_; }

  // The batch that was begun, now on disk; nothing while it is being written, or when none was.
  // An error: of the ledger. Nothing of the batch may be said, and the committer must be given up.
  std::optional<Result<Batch>> Take();

  // Blocks until Take() has something. REQUIRES: IsBusy().
  void Wait();

 private:
  void Work();
  Status Write(const Batch& batch);

  std::unique_ptr<Ledger> ledger_;
  BoundListener& listener_;
  bool busy_ = false;                   // Of the calling thread alone.
  std::atomic<bool> finished_ = false;  // done_ has an outcome.

  std::mutex mutex_;  // Guards what follows, up to the thread.
  std::condition_variable changed_;
  bool stop_ = false;
  std::optional<Batch> begun_;
  std::optional<Result<Batch>> done_;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft::coordinator
