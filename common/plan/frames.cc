#include "common/plan/frames.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace weft {
namespace {

std::uint32_t Distance(std::uint32_t a, std::uint32_t b) {
  return a < b ? b - a : a - b;
}

}  // namespace

FrameRange SceneOf(std::uint32_t frame,
                   const std::vector<std::uint32_t>& scene_starts,
                   std::uint32_t frame_count) {
  assert(frame < frame_count);
  const auto next = std::upper_bound(scene_starts.begin(), scene_starts.end(), frame);
  const std::uint32_t begin = next == scene_starts.begin() ? 0 : *(next - 1);
  const std::uint32_t end = next == scene_starts.end() ? frame_count : *next;
  return {begin, end};
}

FrameRange SmoothingWindow(std::uint32_t frame,
                           std::uint32_t window,
                           const std::vector<std::uint32_t>& scene_starts,
                           std::uint32_t frame_count) {
  const FrameRange scene = SceneOf(frame, scene_starts, frame_count);
  const std::uint32_t before = std::min(window, frame - scene.begin);
  const std::uint32_t after = std::min(window, scene.end - 1 - frame);
  return {frame - before, frame + after + 1};
}

FrameRange SmoothingHalo(FrameRange core,
                         std::uint32_t window,
                         const std::vector<std::uint32_t>& scene_starts,
                         std::uint32_t frame_count) {
  assert(core.begin < core.end);
  return {SmoothingWindow(core.begin, window, scene_starts, frame_count).begin,
          SmoothingWindow(core.end - 1, window, scene_starts, frame_count).end};
}

std::vector<std::uint32_t> SpacedFrames(std::uint32_t spacing,
                                        const std::vector<std::uint32_t>& scene_starts,
                                        std::uint32_t frame_count) {
  assert(spacing > 0);
  std::vector<std::uint32_t> anchors;
  for (const std::uint32_t start : scene_starts) {
    const FrameRange scene = SceneOf(start, scene_starts, frame_count);
    for (std::uint32_t frame = scene.begin; frame < scene.end; frame += spacing) {
      anchors.push_back(frame);
    }
  }
  return anchors;
}

std::vector<std::uint32_t> AttendedAnchors(std::uint32_t frame,
                                           std::uint32_t count,
                                           const std::vector<std::uint32_t>& anchors,
                                           const std::vector<std::uint32_t>& scene_starts,
                                           std::uint32_t frame_count) {
  const FrameRange scene = SceneOf(frame, scene_starts, frame_count);
  std::vector<std::uint32_t> nearest = anchors;
  const auto rank = [&](std::uint32_t anchor) {
    const bool first = anchor == anchors.front();
    return std::tuple(!first, !scene.Contains(anchor), Distance(anchor, frame), anchor);
  };
  std::sort(nearest.begin(), nearest.end(),
            [&](std::uint32_t a, std::uint32_t b) { return rank(a) < rank(b); });
  nearest.resize(std::min<std::size_t>(count, nearest.size()));
  std::sort(nearest.begin(), nearest.end());
  return nearest;
}

}  // namespace weft
