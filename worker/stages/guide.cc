#include "worker/stages/guide.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <string>

#include "worker/media/scene_cuts.h"

namespace weft::worker {
namespace {

using media::ClipFacts;

// Matroska rounds time stamps to milliseconds, in either clip.
constexpr double kStampRounding = 0.0015;

double RateOf(const ClipFacts& facts) {
  return static_cast<double>(facts.rate_numerator) /
         static_cast<double>(std::max<std::int64_t>(1, facts.rate_denominator));
}

std::string Decimal(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

std::string SizeText(const ClipFacts& facts) {
  return std::to_string(facts.width) + "x" + std::to_string(facts.height);
}

// "120 frames of 640x360 at 25 frames/s"
std::string Summary(const ClipFacts& facts) {
  return std::to_string(facts.frame_count) +
         (facts.frame_count == 1 ? " frame of " : " frames of ") + SizeText(facts) + " at " +
         Decimal("%.6g", RateOf(facts)) + " frames/s" + (facts.variable_rate ? " on average" : "");
}

tl::unexpected<Error> Mismatch(const GuidedClips& clips,
                               const std::string& guide_has,
                               const std::string& style_has,
                               const std::string& advice) {
  return Failure(ErrorCode::kInvalidArgument,
                 "the guide does not fit the style: " + clips.job.guide_path() + " " + guide_has +
                     ", " + clips.job.input_path() + " " + style_has + "; " + advice);
}

constexpr const char* kAlignAdvice =
    "--align takes, for every frame of the style, the guide's frame shown at that time, scaled to "
    "the style's size";

bool SameRate(const ClipFacts& a, const ClipFacts& b) {
  constexpr double kTolerance = 0.0005;  // 24 and 23.976 frames/s lie 0.001 apart.
  return a.variable_rate || b.variable_rate ||
         std::abs(RateOf(a) - RateOf(b)) <= kTolerance * RateOf(b);
}

// Also where rates vary, each frame is shown at its guide's time, give or take half a period.
Status CheckTimes(const GuidedClips& clips) {
  const double slack = 0.5 / RateOf(clips.style);
  for (std::size_t i = 0; i < clips.style.seconds.size(); ++i) {
    const double guide = clips.guide.seconds[i];
    const double style = clips.style.seconds[i];
    if (std::abs(guide - style) > slack) {
      const std::string at = "shows frame " + std::to_string(i) + " at ";
      return Mismatch(clips, at + Decimal("%.3f s", guide), at + Decimal("%.3f s", style),
                      kAlignAdvice);
    }
  }
  return {};
}

Status CheckSame(const GuidedClips& clips) {
  const ClipFacts& guide = clips.guide;
  const ClipFacts& style = clips.style;
  if (guide.frame_count != style.frame_count || guide.width != style.width ||
      guide.height != style.height || !SameRate(guide, style)) {
    return Mismatch(clips, "has " + Summary(guide), "has " + Summary(style), kAlignAdvice);
  }
  return CheckTimes(clips);
}

// Tools that stylize round sizes to whole latents and so stretch a little. More than that is a clip
// that was cropped or turned, and its guide would lie beside it.
Status CheckShape(const GuidedClips& clips) {
  constexpr double kStretchMax = 1.25;
  const double guide = static_cast<double>(clips.guide.width) / clips.guide.height;
  const double style = static_cast<double>(clips.style.width) / clips.style.height;
  if (std::max(guide / style, style / guide) > kStretchMax) {
    return Mismatch(clips, "shows " + SizeText(clips.guide), "shows " + SizeText(clips.style),
                    "crop or turn the guide as the style was");
  }
  return {};
}

// A few frames may be missing at the end: encoders drop some.
Status CheckLength(const GuidedClips& clips, FrameRange frames) {
  constexpr double kMissingMax = 0.25;
  const double last = clips.style.seconds[frames.end - 1];
  if (last > clips.guide.duration_seconds + kMissingMax) {
    return Mismatch(
        clips, "ends after " + Decimal("%.3f s", clips.guide.duration_seconds),
        "shows frame " + std::to_string(frames.end - 1) + " at " + Decimal("%.3f s", last),
        "choose frames that the guide reaches with --frames A:B");
  }
  return {};
}

std::uint32_t FrameShownAt(const ClipFacts& facts, double seconds) {
  const auto next =
      std::upper_bound(facts.seconds.begin(), facts.seconds.end(), seconds + kStampRounding);
  const auto shown = std::max<std::ptrdiff_t>(1, next - facts.seconds.begin()) - 1;
  return static_cast<std::uint32_t>(shown);
}

}  // namespace

Status CheckGuide(const GuidedClips& clips, FrameRange frames) {
  if (frames.end > clips.style.frame_count) {
    return Failure(ErrorCode::kInvalidArgument, clips.job.input_path() + " has only " +
                                                    std::to_string(clips.style.frame_count) +
                                                    " frames");
  }
  if (!clips.job.align_guide()) {
    return CheckSame(clips);
  }
  WEFT_RETURN_IF_ERROR(CheckShape(clips));
  return CheckLength(clips, frames);
}

std::vector<std::uint32_t> GuideFrames(const GuidedClips& clips, FrameRange frames) {
  std::vector<std::uint32_t> numbers(frames.size());
  std::iota(numbers.begin(), numbers.end(), frames.begin);
  if (clips.job.align_guide()) {
    for (std::uint32_t& number : numbers) {
      number = FrameShownAt(clips.guide, clips.style.seconds[number]);
    }
  }
  return numbers;
}

FrameRange GuideRange(const std::vector<std::uint32_t>& guide_frames) {
  return {guide_frames.front(), guide_frames.back() + 1};
}

std::vector<std::uint32_t> GuideSceneStarts(const std::vector<std::uint32_t>& cuts,
                                            const std::vector<std::uint32_t>& guide_frames) {
  const auto scene_of = [&](std::uint32_t frame) {
    return std::upper_bound(cuts.begin(), cuts.end(), frame - guide_frames.front());
  };
  std::vector<std::uint32_t> starts = {0};
  for (std::size_t i = 1; i < guide_frames.size(); ++i) {
    if (scene_of(guide_frames[i]) != scene_of(guide_frames[i - 1])) {
      starts.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return starts;
}

}  // namespace weft::worker
