#include "common/plan/probe_parts.h"

#include <algorithm>
#include <cstddef>

namespace weft {

std::vector<std::uint32_t> ProbeParts(std::uint32_t frame_count,
                                      const std::vector<std::uint32_t>& key_frames) {
  const std::uint32_t wanted = std::min(frame_count / kProbePartFrames, kProbePartsMax);
  std::vector<std::uint32_t> starts = {0};
  for (std::uint32_t part = 1; part < wanted; ++part) {
    const auto cut = static_cast<std::uint32_t>(std::uint64_t{frame_count} * part / wanted);
    const auto key = std::lower_bound(key_frames.begin(), key_frames.end(), cut);
    if (key != key_frames.end() && *key > starts.back() && *key < frame_count) {
      starts.push_back(*key);
    }
  }
  return starts.size() > 1 ? starts : std::vector<std::uint32_t>();
}

FrameRange ProbePart(const std::vector<std::uint32_t>& starts,
                     std::size_t part,
                     std::uint32_t frame_count) {
  return {starts[part], part + 1 < starts.size() ? starts[part + 1] : frame_count};
}

}  // namespace weft
