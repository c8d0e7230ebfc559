#include "common/plan/frame_attention.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>

namespace weft {
namespace {

std::vector<int> Run(int begin, int end) {
  std::vector<int> numbers(static_cast<std::size_t>(end - begin));
  std::iota(numbers.begin(), numbers.end(), begin);
  return numbers;
}

FrameGroup PatternGroup(const FrameAttention& attention, int frame, int total) {
  FrameGroup group;
  for (const int offset : attention.pattern) {
    group.frames.push_back(static_cast<int>(
        std::clamp<std::int64_t>(std::int64_t{frame} + offset, 0, std::int64_t{total} - 1)));
  }
  group.weights.assign(group.frames.size(), 0.0F);
  const auto own = std::find(attention.pattern.begin(), attention.pattern.end(), 0);
  group.weights[static_cast<std::size_t>(own - attention.pattern.begin())] = 1.0F;
  return group;
}

// Of the frames [begin, end).
FrameGroup WindowGroup(int begin, int end) {
  constexpr float kFloor = 0.01F;  // Diffutoon's epsilon.
  const float middle = static_cast<float>(begin + end - 1) / 2.0F;
  const float half = (static_cast<float>(end - begin - 1) + kFloor) / 2.0F;
  FrameGroup group{Run(begin, end), {}};
  for (const int frame : group.frames) {
    group.weights.push_back(
        std::max(1.0F - std::abs(static_cast<float>(frame) - middle) / half, kFloor));
  }
  return group;
}

}  // namespace

Status CheckFrameAttention(const FrameAttention& attention) {
  const auto wrong = [](const std::string& what) {
    return Failure(ErrorCode::kInvalidArgument, "cross-frame attention: " + what);
  };
  if (attention.kind == FrameAttention::Kind::kPattern &&
      std::count(attention.pattern.begin(), attention.pattern.end(), 0) == 0) {
    return wrong("pattern must name 0, the frame itself");
  }
  if (attention.kind == FrameAttention::Kind::kWindow && attention.window < 1) {
    return wrong("window is " + std::to_string(attention.window) + " frames; at least 1");
  }
  if (attention.kind == FrameAttention::Kind::kWindow &&
      (attention.stride < 1 || attention.stride > attention.window)) {
    return wrong("stride is " + std::to_string(attention.stride) + " frames; from 1 to window, " +
                 std::to_string(attention.window));
  }
  return {};
}

std::vector<FrameGroup> Groups(const FrameAttention& attention,
                               const std::vector<int>& wanted,
                               int total) {
  std::vector<FrameGroup> groups;
  if (attention.kind == FrameAttention::Kind::kPattern) {
    for (const int frame : wanted) {
      groups.push_back(PatternGroup(attention, frame, total));
    }
    return groups;
  }
  int past = 0;  // Of the windows that are among them.
  for (const int frame : wanted) {
    for (const int begin : WindowsOf(attention, frame, frame, total)) {
      if (begin >= past) {
        groups.push_back(WindowGroup(begin, std::min(begin + attention.window, total)));
        past = begin + 1;
      }
    }
  }
  return groups;
}

std::vector<int> WindowsOf(const FrameAttention& attention, int first, int last, int total) {
  const int past_first = std::max(total - attention.window, 0);
  const int at_end = (past_first + attention.stride - 1) / attention.stride;
  const int past_begin = std::max(first - attention.window + 1, 0);
  const int end = std::min(last / attention.stride, at_end);
  std::vector<int> begins;
  for (int i = (past_begin + attention.stride - 1) / attention.stride; i <= end; ++i) {
    begins.push_back(i * attention.stride);
  }
  return begins;
}

std::vector<int> FramesNeeded(const FrameAttention& attention,
                              const std::vector<int>& wanted,
                              int total,
                              int depth) {
  std::set<int> needed(wanted.begin(), wanted.end());
  if (attention.kind == FrameAttention::Kind::kFirst ||
      attention.kind == FrameAttention::Kind::kFirstAndPrevious) {
    const int before = attention.kind == FrameAttention::Kind::kFirst ? 0 : depth;
    needed.insert(0);
    for (const int frame : wanted) {
      const std::vector<int> run = Run(std::max(0, frame - before), frame);
      needed.insert(run.begin(), run.end());
    }
  } else {
    for (const FrameGroup& group : Groups(attention, wanted, total)) {
      needed.insert(group.frames.begin(), group.frames.end());
    }
  }
  return {needed.begin(), needed.end()};
}

}  // namespace weft
