// Drops blobs that nobody needs, on a thread of its own: giving their space back takes a while, and
// neither a heartbeat nor another blob waits for it.

#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/blob_store.h"
#include "common/log/log.h"
#include "common/time.h"

namespace weft::coordinator {

class BlobJanitor {
 public:
  // store: outlives this. Begins with a look at what is in it.  rest: after a drop that failed.
  BlobJanitor(BlobStore& store, Log log, Duration rest = std::chrono::seconds(10));
  BlobJanitor(const BlobJanitor&) = delete;
  BlobJanitor& operator=(const BlobJanitor&) = delete;
  // What waits to be dropped stays; whoever opens the store next finds it.
  ~BlobJanitor();

  // Keys that were there at the beginning, a few thousand of them; each is returned once. None: not
  // looked at yet, or there are no more.
  std::vector<std::string> TakeFound();

  // As long as one of these lives, nothing more is dropped: it waits.
  class Pause {
   public:
    explicit Pause(BlobJanitor& janitor);
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause();

   private:
    BlobJanitor& janitor_;
  };

  // Drops all blobs whose keys begin with one of these, soon. Where the store does not, later,
  // but for uploads: those are told of again by whoever keeps them.
  void Drop(const std::vector<std::string>& prefixes);

 private:
  void Work();
  void CountPause(int more);
  void Repeat(const std::string& prefix);
  void LookAround();

  BlobStore& store_;
  const Log log_;
  const Duration rest_;
  std::mutex mutex_;  // Guards what follows, up to the thread.
  std::condition_variable changed_;
  bool stop_ = false;
  int pauses_ = 0;
  std::vector<std::string> found_;
  std::deque<std::string> drops_;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft::coordinator
