#include "coordinator/core/anchor_choice.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace weft::coordinator {
namespace {

// A subset of the anchors that holds the `attended` ones that `frame` attends to. Anchors of its
// scene stand side by side, so the nearest ones lie within `attended` places of it; the first is
// always asked for. Ranking all anchors of a film for each of its frames would take minutes.
std::vector<std::uint32_t> AnchorsAround(std::uint32_t frame,
                                         std::uint32_t attended,
                                         const std::vector<std::uint32_t>& all) {
  const auto count = static_cast<std::ptrdiff_t>(attended) + 1;
  const auto here = std::lower_bound(all.begin(), all.end(), frame);
  const auto first = here - std::min(count, std::distance(all.begin(), here));
  const auto last = here + std::min(count, std::distance(here, all.end()));
  std::vector<std::uint32_t> around(first, last);
  if (first != all.begin()) {
    around.insert(around.begin(), all.front());
  }
  return around;
}

}  // namespace

std::vector<std::uint32_t> AnchorsOf(const v1::JobSpec& spec, const v1::Clip& clip) {
  if (!spec.anchor_frames().empty()) {
    return {spec.anchor_frames().begin(), spec.anchor_frames().end()};
  }
  return SpacedFrames(spec.anchor_spacing(),
                      {clip.scene_starts().begin(), clip.scene_starts().end()}, clip.frame_count());
}

Status CheckAnchorFrames(const v1::JobSpec& spec, const v1::Clip& clip) {
  for (const std::uint32_t frame : spec.anchor_frames()) {
    if (frame >= clip.frame_count()) {
      return Failure(ErrorCode::kInvalidArgument, "anchor_frames: " + std::to_string(frame) +
                                                      " is no frame of the job, which has " +
                                                      std::to_string(clip.frame_count()) +
                                                      ", counted from 0");
    }
  }
  return {};
}

std::vector<std::uint32_t> AnchorsAttendedBy(FrameRange core,
                                             const std::vector<std::uint32_t>& anchors,
                                             const v1::JobSpec& spec,
                                             const v1::Clip& clip) {
  const std::vector<std::uint32_t> scenes(clip.scene_starts().begin(), clip.scene_starts().end());
  const std::uint32_t count = spec.anchors_attended();
  std::set<std::uint32_t> attended;
  for (std::uint32_t frame = core.begin; frame < core.end && !anchors.empty(); ++frame) {
    const std::vector<std::uint32_t> nearest = AttendedAnchors(
        frame, count, AnchorsAround(frame, count, anchors), scenes, clip.frame_count());
    attended.insert(nearest.begin(), nearest.end());
  }
  return {attended.begin(), attended.end()};
}

}  // namespace weft::coordinator
