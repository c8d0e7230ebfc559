#include "worker/stages/keys.h"

#include <algorithm>
#include <string>

namespace weft::worker {
namespace {

std::string SizeText(const media::ClipFacts& facts) {
  return std::to_string(facts.width) + "x" + std::to_string(facts.height);
}

std::string CountText(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " frame" : " frames");
}

// Tools that stylize round sizes to whole latents and so stretch a little.
bool HaveOneShape(const media::ClipFacts& a, const media::ClipFacts& b) {
  constexpr double kStretchMax = 1.25;
  const double shape_a = static_cast<double>(a.width) / a.height;
  const double shape_b = static_cast<double>(b.width) / b.height;
  return std::max(shape_a / shape_b, shape_b / shape_a) <= kStretchMax;
}

Status CheckSize(const KeyClips& clips) {
  if (clips.keys.width == clips.clip.width && clips.keys.height == clips.clip.height) {
    return {};
  }
  const std::string both = "the key frames do not fit the guide: " + clips.job.keys_path() +
                           " shows " + SizeText(clips.keys) + ", " + clips.job.input_path() +
                           " shows " + SizeText(clips.clip) + "; ";
  if (!HaveOneShape(clips.keys, clips.clip)) {
    return Failure(ErrorCode::kInvalidArgument,
                   both + "crop or turn the guide as the key frames were");
  }
  return clips.job.align_guide()
             ? Status()
             : Failure(ErrorCode::kInvalidArgument,
                       both + "--align scales the guide to the key frames' size");
}

}  // namespace

bool TakesKeys(const v1::JobSpec& job) {
  return job.smoothing_mode() == v1::SMOOTHING_MODE_INTERPOLATE ||
         job.smoothing_mode() == v1::SMOOTHING_MODE_PROPAGATE;
}

Status CheckKeys(const KeyClips& clips) {
  const auto named = static_cast<std::uint32_t>(clips.job.key_frames_size());
  if (clips.keys.frame_count != named && clips.keys.frame_count != clips.clip.frame_count) {
    return Failure(ErrorCode::kInvalidArgument,
                   clips.job.keys_path() + " has " + CountText(clips.keys.frame_count) +
                       ", --key-frames names " + std::to_string(named) + ", and " +
                       clips.job.input_path() + " has " + CountText(clips.clip.frame_count) +
                       "; the style must hold the key frames alone, or all frames");
  }
  return CheckSize(clips);
}

Result<std::vector<std::uint32_t>> KeyNumbers(const v1::JobSpec& job, const v1::Clip& clip) {
  const std::uint32_t first = clip.first_frame();
  std::vector<std::uint32_t> numbers;
  for (const std::uint32_t frame : job.key_frames()) {
    if (frame < first || frame - first >= clip.frame_count()) {
      return Failure(
          ErrorCode::kInvalidArgument,
          "key frame " + std::to_string(frame) + ": the job has frames " + std::to_string(first) +
              " to " + std::to_string(first + clip.frame_count() - 1) + " of " + job.input_path());
    }
    numbers.push_back(frame - first);
  }
  return numbers;
}

std::uint32_t IndexOfKey(const KeyClips& clips, std::uint32_t frame) {
  const auto& key_frames = clips.job.key_frames();
  if (clips.keys.frame_count != static_cast<std::uint32_t>(key_frames.size())) {
    return frame;
  }
  const auto found = std::lower_bound(key_frames.begin(), key_frames.end(), frame);
  return static_cast<std::uint32_t>(found - key_frames.begin());
}

}  // namespace weft::worker
