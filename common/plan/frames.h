// Which frames belong together: scenes, smoothing windows, anchors. Frame numbers count from the
// job's first frame, so every rule here gives the same answer for any way of cutting the job.

#pragma once

#include <cstdint>
#include <vector>

namespace weft {

// Frames begin .. end-1.
struct FrameRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] std::uint32_t size() const { return end - begin; }
  [[nodiscard]] bool Contains(std::uint32_t frame) const { return begin <= frame && frame < end; }

  friend bool operator==(FrameRange a, FrameRange b) {
    return a.begin == b.begin && a.end == b.end;
  }
  friend bool operator!=(FrameRange a, FrameRange b) { return !(a == b); }
};

// The scene that `frame` lies in.
// scene_starts: ascending; the first is 0. REQUIRES: frame < frame_count.
FrameRange SceneOf(std::uint32_t frame,
                   const std::vector<std::uint32_t>& scene_starts,
                   std::uint32_t frame_count);

// The frames that smoothing `frame` reads: up to `window` on each side, never across a scene cut.
FrameRange SmoothingWindow(std::uint32_t frame,
                           std::uint32_t window,
                           const std::vector<std::uint32_t>& scene_starts,
                           std::uint32_t frame_count);

// Everything that smoothing any frame of `core` reads.
FrameRange SmoothingHalo(FrameRange core,
                         std::uint32_t window,
                         const std::vector<std::uint32_t>& scene_starts,
                         std::uint32_t frame_count);

// The first frame of every scene and every `spacing`-th frame after it: the job's anchors, where
// the user gives none, and where groups of pictures begin in the file. REQUIRES: spacing > 0.
std::vector<std::uint32_t> SpacedFrames(std::uint32_t spacing,
                                        const std::vector<std::uint32_t>& scene_starts,
                                        std::uint32_t frame_count);

// The anchors that `frame` attends to, ascending: the job's first one, then the nearest ones,
// those of its own scene before others, the earlier of two equally near ones. Always exactly
// min(count, anchors.size()) of them, so that every frame's attention has the same shape.
// anchors: ascending, all of the job's; any subset that holds the answer gives the same answer.
std::vector<std::uint32_t> AttendedAnchors(std::uint32_t frame,
                                           std::uint32_t count,
                                           const std::vector<std::uint32_t>& anchors,
                                           const std::vector<std::uint32_t>& scene_starts,
                                           std::uint32_t frame_count);

}  // namespace weft
