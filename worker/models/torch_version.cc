#include "worker/models/torch_version.h"

#if TORCH_VERSION_MAJOR >= 2
#include <ATen/ops/scaled_dot_product_attention.h>
#endif

namespace weft::models {

#if TORCH_VERSION_MAJOR >= 2
std::optional<at::Tensor> FusedAttention(const at::Tensor& q,
                                         const at::Tensor& k,
                                         const at::Tensor& v) {
  return at::scaled_dot_product_attention(q, k, v);
}
#else
std::optional<at::Tensor> FusedAttention(const at::Tensor& /*q*/,
                                         const at::Tensor& /*k*/,
                                         const at::Tensor& /*v*/) {
  return std::nullopt;
}
#endif

c10::WarningHandler* HearTorchWarnings(c10::WarningHandler* handler) {
#if TORCH_VERSION_MAJOR >= 2
  namespace warnings = c10::WarningUtils;
#else
  namespace warnings = c10::Warning;
#endif
  c10::WarningHandler* const before = warnings::get_warning_handler();
  warnings::set_warning_handler(handler);
  return before;
}

}  // namespace weft::models
