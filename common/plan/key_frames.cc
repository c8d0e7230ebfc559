#include "common/plan/key_frames.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

namespace weft {

Status CheckKeyFrames(const std::vector<std::uint32_t>& key_frames,
                      const std::vector<std::uint32_t>& scene_starts,
                      std::uint32_t frame_count) {
  const auto wrong = [](const std::string& what) {
    return Failure(ErrorCode::kInvalidArgument, what);
  };
  if (key_frames.empty()) {
    return wrong("there are no key frames");
  }
  for (std::size_t i = 0; i < key_frames.size(); ++i) {
    if (key_frames[i] >= frame_count) {
      return wrong("key frame " + std::to_string(key_frames[i]) + ": the job has frames 0 to " +
                   std::to_string(frame_count - 1));
    }
    if (i > 0 && key_frames[i] <= key_frames[i - 1]) {
      return wrong("key frames " + std::to_string(key_frames[i - 1]) + " and " +
                   std::to_string(key_frames[i]) + " do not ascend");
    }
  }
  for (const std::uint32_t start : scene_starts) {
    const FrameRange scene = SceneOf(start, scene_starts, frame_count);
    const auto key = std::lower_bound(key_frames.begin(), key_frames.end(), scene.begin);
    if (key == key_frames.end() || *key >= scene.end) {
      return wrong("frames " + std::to_string(scene.begin) + " to " +
                   std::to_string(scene.end - 1) + " are a shot without a key frame");
    }
  }
  return {};
}

std::vector<std::uint32_t> KeysAround(std::uint32_t frame,
                                      const std::vector<std::uint32_t>& key_frames,
                                      const std::vector<std::uint32_t>& scene_starts,
                                      std::uint32_t frame_count) {
  const FrameRange scene = SceneOf(frame, scene_starts, frame_count);
  const auto after = std::lower_bound(key_frames.begin(), key_frames.end(), frame);
  if (after != key_frames.end() && *after == frame) {
    return {frame};
  }
  std::vector<std::uint32_t> keys;
  if (after != key_frames.begin() && *std::prev(after) >= scene.begin) {
    keys.push_back(*std::prev(after));
  }
  if (after != key_frames.end() && *after < scene.end) {
    keys.push_back(*after);
  }
  return keys;
}

}  // namespace weft
