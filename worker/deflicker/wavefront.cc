#include "worker/deflicker/wavefront.h"

#include <algorithm>
#include <thread>

namespace weft::deflicker {

void Wavefront::Run(int passes, int rows, const std::function<void(int, int)>& work) {
  rows_ = rows;
  if (passes * rows > capacity_) {
    capacity_ = passes * rows;
    done_ = std::make_unique<std::atomic<bool>[]>(static_cast<std::size_t>(capacity_));
  }
  for (int i = 0; i < passes * rows; ++i) {
    done_[static_cast<std::size_t>(i)].store(false, std::memory_order_relaxed);
  }
  const int behind = RowsBehind(passes);
  const int steps = rows + behind * (passes - 1);
  threads_->ForEach(steps * passes, [&](int i) {
    const int pass = i % passes;
    const int row = i / passes - behind * pass;
    if (row < 0 || row >= rows) {
      return;
    }
    if (pass > 0) {
      WaitFor(pass - 1, std::max(row - 1, 0));
      WaitFor(pass - 1, row);
      WaitFor(pass - 1, std::min(row + 1, rows - 1));
    } else if (row >= RowsAtOnce(passes)) {
      WaitFor(passes - 1, row - RowsAtOnce(passes));
    }
    work(pass, row);
    Done(pass, row).store(true, std::memory_order_release);
  });
}

std::atomic<bool>& Wavefront::Done(int pass, int row) const {
  return done_[static_cast<std::size_t>(pass) * static_cast<std::size_t>(rows_) +
               static_cast<std::size_t>(row)];
}

void Wavefront::WaitFor(int pass, int row) const {
  const std::atomic<bool>& done = Done(pass, row);
  // Some thread is at it, for calls are begun in order.
  while (!done.load(std::memory_order_acquire)) {
    std::this_thread::yield();
  }
}

}  // namespace weft::deflicker
