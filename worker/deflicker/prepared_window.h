// The frames around the current one, each read and prepared once.

#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "common/plan/frames.h"
#include "common/result.h"

namespace weft::deflicker {

// Prepared: has a `number`, that of its frame.
template <typename Prepared>
class PreparedWindow {
 public:
  // Both ends only grow. prepare(number) makes a Result<Prepared>, whose errors are returned.
  template <typename Prepare>
  Status MoveTo(FrameRange window, const Prepare& prepare) {
    while (!frames_.empty() && frames_.front().number < window.begin) {
      frames_.pop_front();
    }
    std::uint32_t next = frames_.empty() ? window.begin : frames_.back().number + 1;
    for (; next < window.end; ++next) {
      WEFT_ASSIGN_OR_RETURN(Prepared prepared, prepare(next));
      frames_.push_back(std::move(prepared));
    }
    return {};
  }

  [[nodiscard]] const std::deque<Prepared>& Frames() const { return frames_; }

 private:
  std::deque<Prepared> frames_;
};

}  // namespace weft::deflicker
