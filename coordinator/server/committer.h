// Puts batches of effects on disk, one after the other, on a thread of its own: the next batch is
// made up while the disk writes this one.

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/result.h"
#include "common/transport.h"
#include "common/transport/bound_listener.h"
#include "coordinator/core/effects.h"
#include "coordinator/ledger/ledger.h"

namespace weft::coordinator {

// Messages to one peer, as they go over the wire.
struct Letter {
  PeerId to;
  std::vector<std::string> messages;
};

// What may be said, logged and dropped now, because what it rests on is on disk.
struct Committed {
  std::vector<Letter> letters;
  std::vector<Note> notes;
  std::vector<std::string> drops;
};

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
  void Begin(Effects batch);

  // A batch was begun and its outcome was not taken.
  [[nodiscard]] bool IsBusy() const { return busy_; }

  // The outcome of the batch that was begun; nothing while it is being written, or when none was.
  // An error: of the ledger. Nothing of the batch may be said, and the committer must be given up.
  std::optional<Result<Committed>> Take();

  // Blocks until Take() has something. REQUIRES: IsBusy().
  void Wait();

 private:
  void Work();
  Result<Committed> Write(const Effects& batch);

  std::unique_ptr<Ledger> ledger_;
  BoundListener& listener_;
  bool busy_ = false;  // Of the calling thread alone.

  std::mutex mutex_;  // Guards what follows, up to the thread.
  std::condition_variable changed_;
  bool stop_ = false;
  std::optional<Effects> begun_;
  std::optional<Result<Committed>> done_;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft::coordinator
