#include "common/wire/attention_wire.h"

namespace weft {

std::optional<FrameAttention> JointAttentionOf(const v1::JobSpec& spec) {
  const v1::Attention& wire = spec.attention();
  FrameAttention attention;
  if (wire.kind() == v1::ATTENTION_KIND_WINDOW) {
    attention.kind = FrameAttention::Kind::kWindow;
    attention.window = static_cast<int>(wire.window());
    attention.stride = static_cast<int>(wire.stride());
    return attention;
  }
  if (wire.kind() == v1::ATTENTION_KIND_PATTERN) {
    attention.kind = FrameAttention::Kind::kPattern;
    attention.pattern.assign(wire.pattern().begin(), wire.pattern().end());
    return attention;
  }
  return std::nullopt;
}

}  // namespace weft
