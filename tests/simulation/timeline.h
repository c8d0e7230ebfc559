// The simulated time and what is to happen when. Everything happens in one thread.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

#include "common/time.h"

namespace weft::simulation {

class Timeline {
 public:
  [[nodiscard]] Time Now() const { return now_; }

  // What is planned for the same time happens in the order in which it was planned.
  void Plan(Duration delay, std::function<void()> act) {
    steps_.push({now_ + std::max(delay, Duration::zero()), ++order_, std::move(act)});
  }

  // Goes on to the next step and takes it. REQUIRES: there is one.
  void Step() {
    const Entry next = steps_.top();
    steps_.pop();
    now_ = next.when;
    next.act();
  }

  [[nodiscard]] bool Empty() const { return steps_.empty(); }

 private:
  struct Entry {
    Time when;
    std::uint64_t order;
    std::function<void()> act;

    friend bool operator<(const Entry& a, const Entry& b) {
      return std::tie(b.when, b.order) < std::tie(a.when, a.order);  // The earliest is the largest.
    }
  };

  Time now_{Duration(1000)};
  std::uint64_t order_ = 0;
  std::priority_queue<Entry> steps_;
};

}  // namespace weft::simulation
