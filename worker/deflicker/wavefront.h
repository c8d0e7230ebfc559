// Passes over the rows of a picture that follow each other closely, so that what one wrote is still
// at hand for the next: with the same thread, in the caches of its own processor.

#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "worker/deflicker/thread_team.h"

namespace weft::deflicker {

// Threads share the rows in pairs: of a pair's stretch one goes down from its top and the other up
// from its bottom, until they meet. What passes hand on to each other stays with one of them, but
// at the few rows where two meet, and neither waits for the other before.
class Wavefront {
 public:
  // One call of the work.
  struct Step {
    int pass;
    int row;
    int slot;  // 0 .. SlotCount(passes)-1; what is kept in it from pass to pass is the row's alone.
  };

  // threads: outlive it.
  explicit Wavefront(ThreadTeam* threads) : threads_(threads) {}

  // Calls work(step) once for every pass and row, after all calls for the pass before that are at
  // most one row away, and so after those for all passes before it. REQUIRES: passes >= 1; apart
  // from that the calls do not depend on each other, and throw nothing.
  void Run(int passes, int rows, const std::function<void(const Step&)>& work);

  // Of so many rows something is kept from pass to pass.
  [[nodiscard]] int SlotCount(int passes) const { return threads_->ThreadCount() * passes; }

 private:
  // A line of cache each, as different threads write them.
  static constexpr int kLine = 64;
  struct alignas(kLine) RowState {
    std::atomic<int> passes_done = 0;
  };
  // Rows that two threads share. The last one may have a single thread.
  struct alignas(kLine) Stretch {
    int begin = 0;
    int end = 0;
    std::atomic<int> left = 0;  // Rows that nobody has begun with.
  };

  [[nodiscard]] int StretchCount() const { return (threads_->ThreadCount() + 1) / 2; }
  void RunLane(int lane, int passes, const std::function<void(const Step&)>& work);
  // Until so many passes were at the row and at those beside it.
  void WaitAround(int row, int passes) const;

  ThreadTeam* threads_;
  int rows_ = 0;
  std::vector<RowState> states_;  // At least rows_.
  std::vector<Stretch> stretches_;
};

}  // namespace weft::deflicker
