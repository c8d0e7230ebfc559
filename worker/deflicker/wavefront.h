// Passes over the rows of a picture that follow each other closely, so that what one wrote is still
// at hand for the next.

#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "worker/deflicker/thread_team.h"

namespace weft::deflicker {

class Wavefront {
 public:
  // threads: outlive it.
  explicit Wavefront(ThreadTeam* threads) : threads_(threads) {}

  // Calls work(pass, row) once for every pass and row, after all calls for the pass before that are
  // at most one row away, and so after those for all passes before it; and for no row before those
  // for the row RowsAtOnce(passes) above it. REQUIRES: passes >= 1; apart from that the calls do
  // not depend on each other, and throw nothing.
  void Run(int passes, int rows, const std::function<void(int pass, int row)>& work);

  // Of so many rows something has to be kept from pass to pass.
  [[nodiscard]] int RowsAtOnce(int passes) const { return RowsBehind(passes) * passes + 2; }

 private:
  // How far a pass is behind the one before: such that what it waits for was begun before what the
  // other threads are at.
  [[nodiscard]] int RowsBehind(int passes) const {
    return 1 + (threads_->ThreadCount() - 1 + passes - 1) / passes;
  }
  [[nodiscard]] std::atomic<bool>& Done(int pass, int row) const;
  void WaitFor(int pass, int row) const;

  ThreadTeam* threads_;
  std::unique_ptr<std::atomic<bool>[]> done_;  // [pass, row]
  int capacity_ = 0;
  int rows_ = 0;
};

}  // namespace weft::deflicker
