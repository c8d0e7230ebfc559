#include "coordinator/core/attention_check.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/plan/frame_attention.h"
#include "common/wire/attention_wire.h"
#include "coordinator/core/schedule.h"

namespace weft::coordinator {
namespace {

constexpr std::uint32_t kWindowMax = 64;
constexpr int kPatternMax = 16;
constexpr int kOffsetMax = 64;

tl::unexpected<Error> Refuse(const std::string& field,
                             std::int64_t value,
                             const std::string& allowed) {
  return Failure(ErrorCode::kInvalidArgument,
                 field + " is " + std::to_string(value) + ": " + allowed);
}

Status CheckWindow(const v1::Attention& attention) {
  if (attention.window() < 1 || attention.window() > kWindowMax) {
    return Refuse("attention.window", attention.window(), "1 to 64 frames");
  }
  if (attention.stride() < 1 || attention.stride() > attention.window()) {
    return Refuse("attention.stride", attention.stride(),
                  "1 to " + std::to_string(attention.window()) + ", the window's frames");
  }
  return {};
}

Status CheckPattern(const v1::Attention& attention) {
  const auto& pattern = attention.pattern();
  if (pattern.empty() || pattern.size() > kPatternMax) {
    return Refuse("attention.pattern", pattern.size(), "1 to 16 frames");
  }
  for (const std::int32_t offset : pattern) {
    if (offset != kFirstFrame && (offset < -kOffsetMax || offset > kOffsetMax)) {
      return Refuse("attention.pattern", offset, "-64 to 64, or the first frame");
    }
  }
  const auto own = std::count(pattern.begin(), pattern.end(), 0);
  if (own != 1) {
    return Failure(ErrorCode::kInvalidArgument, "attention.pattern names the frame itself, 0, " +
                                                    std::to_string(own) + " times: once is needed");
  }
  return {};
}

bool AttendsToAnchors(const v1::Attention& attention) {
  return attention.kind() == v1::ATTENTION_KIND_UNSPECIFIED ||
         attention.kind() == v1::ATTENTION_KIND_ANCHORS;
}

// Other samplers carry on more than the latents from one step to the next.
bool NeedsLatentsOnly(v1::Sampler sampler) {
  return sampler == v1::SAMPLER_UNSPECIFIED || sampler == v1::SAMPLER_DDIM ||
         sampler == v1::SAMPLER_EULER;
}

Status CheckExchange(const v1::JobSpec& spec) {
  constexpr std::uint32_t kOverlapMax = 256;
  if (!v1::Exchange_IsValid(spec.exchange())) {
    return Refuse("exchange", spec.exchange(), "not one that is known here");
  }
  const bool none = spec.exchange() == v1::EXCHANGE_NONE;
  if (none && JointAttentionOf(spec)) {
    return Refuse("exchange", spec.exchange(), "must be halo where frames attend jointly");
  }
  if (spec.overlap_frames() > (none ? kOverlapMax : 0)) {
    return Refuse("overlap_frames", spec.overlap_frames(),
                  none ? "0 to 256" : "must be 0 where chunks exchange their latents");
  }
  return {};
}

}  // namespace

Status CheckAttention(const v1::JobSpec& spec) {
  const v1::Attention& attention = spec.attention();
  if (!v1::AttentionKind_IsValid(attention.kind())) {
    return Refuse("attention.kind", attention.kind(), "not one that is known here");
  }
  if (!AttendsToAnchors(attention) && spec.anchors_attended() > 0) {
    return Refuse("anchors_attended", spec.anchors_attended(),
                  "must be 0 where frames do not attend to anchors");
  }
  if (attention.in_controlnets() &&
      (attention.kind() == v1::ATTENTION_KIND_SELF || spec.controls().empty())) {
    return Refuse("attention.in_controlnets", 1,
                  "must be 0 where frames attend to no others, or there are no controls");
  }
  if (attention.kind() == v1::ATTENTION_KIND_WINDOW) {
    WEFT_RETURN_IF_ERROR(CheckWindow(attention));
  }
  if (attention.kind() == v1::ATTENTION_KIND_PATTERN) {
    WEFT_RETURN_IF_ERROR(CheckPattern(attention));
  }
  if (JointAttentionOf(spec) && !NeedsLatentsOnly(spec.sampler())) {
    return Refuse("sampler", spec.sampler(), "ddim or euler where frames attend jointly");
  }
  if (spec.round_steps() > (JointAttentionOf(spec) ? kRoundStepsMax : 0)) {
    return Refuse("round_steps", spec.round_steps(), "0 to 32 where frames attend jointly, else 0");
  }
  return CheckExchange(spec);
}

}  // namespace weft::coordinator
