// Stores blobs on threads of its own, several at a time: while one waits for the disk, others are
// received, and what is noted down about them shares a sync.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/blob_store.h"
#include "common/result.h"

namespace weft {

class PutPool {
 public:
  struct Order {
    std::uint64_t ticket = 0;  // The caller's own name for it.
    std::string key;
    std::string bytes;
  };
  struct Outcome {
    std::uint64_t ticket = 0;
    Status stored;
  };

  // store: outlives this.
  // wake: called on one of the threads whenever Take() has something.
  // REQUIRES: thread_count > 0.
  PutPool(BlobStore& store, std::size_t thread_count, std::function<void()> wake);
  PutPool(const PutPool&) = delete;
  PutPool& operator=(const PutPool&) = delete;
  // Orders that were begun are carried out to their end; others are not.
  ~PutPool();

  // Any thread. Soon carried out; in no order.
  void Put(Order order);
  // What has ended since the last call.
  std::vector<Outcome> Take();

 private:
  void Work();

  BlobStore& store_;
  const std::function<void()> wake_;
  std::mutex mutex_;  // Guards what follows, up to the threads.
  std::condition_variable ordered_;
  bool stop_ = false;
  std::deque<Order> orders_;
  std::vector<Outcome> outcomes_;
  std::vector<std::thread> threads_;  // Last: they use all of the above.
};

}  // namespace weft
