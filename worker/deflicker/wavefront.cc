#include "worker/deflicker/wavefront.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <thread>

namespace weft::deflicker {

void Wavefront::Run(int passes, int rows, const std::function<void(const Step&)>& work) {
  rows_ = rows;
  if (static_cast<std::size_t>(rows) > states_.size()) {
    states_ = std::vector<RowState>(static_cast<std::size_t>(rows));
  }
  for (RowState& state : states_) {
    state.passes_done.store(0, std::memory_order_relaxed);
  }
  const int count = StretchCount();
  if (stretches_.empty()) {
    stretches_ = std::vector<Stretch>(static_cast<std::size_t>(count));
  }
  for (int i = 0; i < count; ++i) {
    Stretch& stretch = stretches_[static_cast<std::size_t>(i)];
    stretch.begin = rows * i / count;
    stretch.end = rows * (i + 1) / count;
    stretch.left.store(stretch.end - stretch.begin, std::memory_order_relaxed);
  }
  threads_->ForEach(threads_->ThreadCount(), [&](int lane) { RunLane(lane, passes, work); });
}

void Wavefront::RunLane(int lane, int passes, const std::function<void(const Step&)>& work) {
  Stretch& stretch = stretches_[static_cast<std::size_t>(lane / 2)];
  const bool goes_down = lane % 2 == 0;
  // The lane's first row is number 0, whichever way it goes.
  const auto row_of = [&](int number) {
    return goes_down ? stretch.begin + number : stretch.end - 1 - number;
  };
  const auto call = [&](int pass, int number) {
    const int row = row_of(number);
    WaitAround(row, pass);
    work({pass, row, lane * passes + number % passes});
    states_[static_cast<std::size_t>(row)].passes_done.store(pass + 1, std::memory_order_release);
  };
  // A pass is a row behind the one before, and after the last row all of them come to an end.
  int count = std::numeric_limits<int>::max();
  for (int step = 0; step < count || step - count < passes - 1; ++step) {
    if (step < count && stretch.left.fetch_sub(1, std::memory_order_relaxed) <= 0) {
      count = step;
    }
    for (int pass = step < count ? 0 : step - count + 1; pass < passes && pass <= step; ++pass) {
      call(pass, step - pass);
    }
  }
}

void Wavefront::WaitAround(int row, int passes) const {
  for (int near = std::max(row - 1, 0); near <= std::min(row + 1, rows_ - 1); ++near) {
    const std::atomic<int>& done = states_[static_cast<std::size_t>(near)].passes_done;
    // Some thread is at it: each lane has one, and each goes through its passes in order.
    while (done.load(std::memory_order_acquire) < passes) {
      std::this_thread::yield();
    }
  }
}

}  // namespace weft::deflicker
