// Looks at what workers say they have stored, before the core hears of it. What an earlier life of
// the coordinator has taken in must be read for that, which takes as long as a result is large: a
// thread of its own does it, and everybody else is heard meanwhile.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/core/event.h"
#include "coordinator/server/blob_witness.h"

namespace weft::coordinator {

class OutputCheck {
 public:
  // store: outlives this. wake: called from another thread when Take() has something.
  OutputCheck(BlobWitness& store, std::function<void()> wake);
  OutputCheck(const OutputCheck&) = delete;
  OutputCheck& operator=(const OutputCheck&) = delete;
  // What is not read by then is not looked at: its worker says it again.
  ~OutputCheck();

  // The completed task, with what is wrong with its outputs as its `lie`, if no blob must be read
  // for that. Nothing: it comes with Take(), later; what its worker says of it again until then is
  // dropped, and so is what comes while very many wait. Where a blob cannot be read for a reason
  // that says nothing of the blob, the message is dropped as well: its worker says it again.
  // REQUIRES: arrived.message.has_task_completed().
  std::optional<MessageArrived> Look(MessageArrived arrived);

  // Those that were read since the last call, in the order in which they came.
  std::vector<MessageArrived> Take();

 private:
  void Work();
  [[nodiscard]] bool HasToRead(const MessageArrived& arrived) const;
  // Sets its `lie`. False: nobody can say whether it is one. True also where this ends meanwhile.
  bool HasJudged(MessageArrived& arrived);
  bool Ends();

  BlobWitness& store_;
  const std::function<void()> wake_;
  std::mutex mutex_;  // Guards what follows, up to the thread.
  std::condition_variable changed_;
  bool ends_ = false;
  std::set<std::string> attempts_;      // Of what waits, is read or was not taken; as bytes.
  std::deque<MessageArrived> waiting_;  // Without the one that is read.
  std::vector<MessageArrived> read_;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft::coordinator
