#include "common/plan/deep_halo.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weft {

namespace {

void CountGroup(int frames, DeepHalo& halo) {
  const auto size = static_cast<double>(frames);
  halo.passes += size;
  halo.attended += size * (size - 1);
}

bool IsRun(const std::vector<int>& frames) {
  return !frames.empty() && frames.back() - frames.front() + 1 == static_cast<int>(frames.size());
}

// The frames of all groups of `wanted`, ascending, and those themselves.
std::vector<int> ReadOf(const FrameAttention& attention,
                        const std::vector<int>& wanted,
                        int total,
                        DeepHalo& halo) {
  std::vector<int> read = wanted;
  for (const FrameGroup& group : Groups(attention, wanted, total)) {
    CountGroup(static_cast<int>(group.frames.size()), halo);
    read.insert(read.end(), group.frames.begin(), group.frames.end());
  }
  std::sort(read.begin(), read.end());
  read.erase(std::unique(read.begin(), read.end()), read.end());
  return read;
}

// The same of a run and windows, of which none leaves a gap: a whole clip's plan asks for it
// thousands of times, and windows that overlap by much are many.
std::vector<int> RunReadOf(const FrameAttention& attention,
                           const std::vector<int>& wanted,
                           int total,
                           DeepHalo& halo) {
  const std::vector<int> begins = WindowsOf(attention, wanted.front(), wanted.back(), total);
  const auto end_of = [&](int begin) { return std::min(begin + attention.window, total); };
  for (const int begin : begins) {
    CountGroup(end_of(begin) - begin, halo);
  }
  const int first = std::min(wanted.front(), begins.front());
  const int past = std::max(wanted.back() + 1, end_of(begins.back()));
  std::vector<int> read(static_cast<std::size_t>(past - first));
  std::iota(read.begin(), read.end(), first);
  return read;
}

}  // namespace

DeepHalo DeepHaloOf(const FrameAttention& attention,
                    const std::vector<int>& run,
                    int total,
                    std::uint32_t steps) {
  const bool grows_as_run = attention.kind == FrameAttention::Kind::kWindow && IsRun(run);
  DeepHalo halo{.read = run};
  for (std::uint32_t step = 0; step < steps; ++step) {
    std::vector<int> read = grows_as_run ? RunReadOf(attention, halo.read, total, halo)
                                         : ReadOf(attention, halo.read, total, halo);
    halo.computed.push_back(std::exchange(halo.read, std::move(read)));
  }
  std::reverse(halo.computed.begin(), halo.computed.end());
  return halo;
}

}  // namespace weft
