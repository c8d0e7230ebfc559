#include "common/plan/seam_checks.h"

#include <algorithm>
#include <set>

#include "common/plan/lending.h"

namespace weft {
namespace {

std::vector<std::uint32_t> Borders(const SeamCheckOrder& order) {
  std::vector<std::uint32_t> borders;
  for (std::uint32_t frame = order.chunk_frames; frame < order.frame_count;
       frame += order.chunk_frames) {
    if (!std::binary_search(order.scene_starts.begin(), order.scene_starts.end(), frame)) {
      borders.push_back(frame);
    }
  }
  return borders;
}

FrameRange MadeAgain(std::uint32_t border, const SeamCheckOrder& order) {
  const std::uint32_t side = order.apart ? order.passes * order.window + 1 : 1;
  const FrameRange scene = SceneOf(border, order.scene_starts, order.frame_count);
  return {border - std::min(side, border - scene.begin),
          border + std::min(side, scene.end - border)};
}

}  // namespace

std::vector<SeamCheck> SeamChecks(const SeamCheckOrder& order) {
  if (order.checks == 0) {
    return {};
  }
  const std::vector<std::uint32_t> borders = Borders(order);
  const std::uint64_t count = std::min<std::uint64_t>(order.checks, borders.size());
  std::vector<SeamCheck> checks;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t border = borders[(2 * i + 1) * borders.size() / (2 * count)];
    checks.push_back({border, MadeAgain(border, order)});
  }
  return checks;
}

std::vector<std::uint32_t> LentToAll(FrameRange core,
                                     const std::vector<SeamCheck>& checks,
                                     const SeamCheckOrder& order) {
  const std::vector<std::uint32_t> lent =
      LentFrames(core, order.window, order.scene_starts, order.frame_count);
  std::set<std::uint32_t> all(lent.begin(), lent.end());
  for (const SeamCheck& check : checks) {
    const FrameRange read =
        SmoothingHalo(check.core, order.window, order.scene_starts, order.frame_count);
    for (std::uint32_t frame = std::max(read.begin, core.begin);
         frame < std::min(read.end, core.end); ++frame) {
      if (!check.core.Contains(frame)) {
        all.insert(frame);
      }
    }
  }
  return {all.begin(), all.end()};
}

std::vector<std::uint32_t> FramesChecked(FrameRange core, const std::vector<SeamCheck>& checks) {
  std::vector<std::uint32_t> frames;
  for (const SeamCheck& check : checks) {
    for (const std::uint32_t frame : {check.border - 1, check.border}) {
      // Chunks of one frame have both borders of theirs beside it.
      if (core.Contains(frame) && (frames.empty() || frames.back() != frame)) {
        frames.push_back(frame);
      }
    }
  }
  return frames;
}

}  // namespace weft
