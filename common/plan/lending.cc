#include "common/plan/lending.h"

namespace weft {
namespace {

const std::string kPicture = "picture/";

}  // namespace

std::vector<std::uint32_t> LentFrames(FrameRange core,
                                      std::uint32_t window,
                                      const std::vector<std::uint32_t>& scene_starts,
                                      std::uint32_t frame_count) {
  // No frame outside reads further than the nearest one.
  const std::uint32_t head_end =
      core.begin == 0 ? 0 : SmoothingWindow(core.begin - 1, window, scene_starts, frame_count).end;
  const std::uint32_t tail_begin =
      core.end == frame_count ? frame_count
                              : SmoothingWindow(core.end, window, scene_starts, frame_count).begin;
  std::vector<std::uint32_t> lent;
  for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
    if (frame < head_end || frame >= tail_begin) {
      lent.push_back(frame);
    }
  }
  return lent;
}

std::string PictureName(std::uint32_t frame) {
  return kPicture + std::to_string(frame);
}

bool IsPictureName(const std::string& output) {
  return output.compare(0, kPicture.size(), kPicture) == 0;
}

}  // namespace weft
