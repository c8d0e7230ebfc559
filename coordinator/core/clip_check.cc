#include "coordinator/core/clip_check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

#include <google/protobuf/util/message_differencer.h>

#include "common/plan/probe_parts.h"
#include "coordinator/core/probe_plan.h"

namespace weft::coordinator {
namespace {

using Frames = google::protobuf::RepeatedField<std::uint32_t>;

Status Wrong(const char* field) {
  return Failure(ErrorCode::kInternal, std::string("the probe's ") + field + " makes no sense");
}

// Also refuses what is not a number.
bool IsCost(double multiply_adds) {
  constexpr double kCostMax = 1e18;
  return std::isfinite(multiply_adds) && multiply_adds >= 0 && multiply_adds <= kCostMax;
}

bool IsEmpty(const v1::Size& size) {
  return size.width() == 0 || size.height() == 0;
}

// Ascending from the first frame on, and within the clip.
bool AreStarts(const Frames& starts, std::uint32_t frame_count) {
  return !starts.empty() && starts[0] == 0 && starts[starts.size() - 1] < frame_count &&
         std::adjacent_find(starts.begin(), starts.end(), std::greater_equal<>()) == starts.end();
}

// All but its scenes.
Status CheckFacts(const v1::Clip& clip) {
  if (clip.frame_count() == 0) {
    return Wrong("frame_count");
  }
  if (IsEmpty(clip.size()) || IsEmpty(clip.padded_size())) {
    return Wrong("size");
  }
  const std::uint32_t factor = clip.vae_factor();
  if (factor == 0 || clip.padded_size().width() % factor != 0 ||
      clip.padded_size().height() % factor != 0) {
    return Wrong("padded_size");
  }
  if (!IsCost(clip.step_multiply_adds()) || !IsCost(clip.attended_multiply_adds())) {
    return Wrong("step_multiply_adds");
  }
  const Frames& parts = clip.part_starts();
  const bool in_parts = AreStarts(parts, clip.frame_count()) && parts.size() > 1 &&
                        static_cast<std::uint32_t>(parts.size()) <= kProbePartsMax;
  return parts.empty() || in_parts ? Status() : Wrong("part_starts");
}

bool HasSameParts(const v1::Clip& a, const v1::Clip& b) {
  return a.frame_count() == b.frame_count() && a.first_frame() == b.first_frame() &&
         std::equal(a.part_starts().begin(), a.part_starts().end(), b.part_starts().begin(),
                    b.part_starts().end());
}

Status AnotherClip() {
  return Failure(ErrorCode::kInternal, "the probe's clip is another one than it was in parts");
}

// The parts' tasks are in the ledger: a clip with other parts would have no place for them.
Status CheckJoined(const Job& job, const v1::Clip& found) {
  v1::Clip parts = found;
  parts.clear_scene_starts();
  if (job.indexed && !google::protobuf::util::MessageDifferencer::Equals(parts, *job.indexed)) {
    return AnotherClip();
  }
  return CheckClip(found);
}

}  // namespace

Status CheckClip(const v1::Clip& clip) {
  WEFT_RETURN_IF_ERROR(CheckFacts(clip));
  return AreStarts(clip.scene_starts(), clip.frame_count()) ? Status() : Wrong("scene_starts");
}

Status CheckFound(const Job& job, const TaskPlace& place, const v1::Clip& found) {
  if (place.stage != Stage::kProbe) {
    return {};
  }
  switch (place.round) {
    case kProbeIndex:
      if (job.indexed && !HasSameParts(found, *job.indexed)) {
        return AnotherClip();  // It runs again, for what it had stored.
      }
      if (IsIndex(found)) {
        return CheckFacts(found);
      }
      return found.part_starts().empty() ? CheckClip(found) : Wrong("part_starts");
    case kProbeJoin:
      return CheckJoined(job, found);
    default:
      return {};
  }
}

std::string BitsLost(const v1::JobSpec& spec, const v1::Clip& clip) {
  constexpr std::uint32_t kBitsUsual = 8;
  if (clip.bits() <= kBitsUsual || spec.high_bit_depth()) {
    return "";
  }
  const bool could = spec.kind() == v1::JOB_KIND_DEFLICKER && !spec.steady_colours();
  return "the clip has " + std::to_string(clip.bits()) + " bits a colour, the result has 8" +
         (could ? "; --high-bit-depth keeps more" : "");
}

}  // namespace weft::coordinator
