// What LibTorch 2 has and 1.13 has not. Nothing else in Weft asks which version it is built with.

#pragma once

#include <optional>
#include <string>

#include <c10/util/Exception.h>
#include <torch/version.h>

#include "worker/models/aten.h"

namespace weft::models {

// softmax(q k^T / sqrt(width)) v in one kernel that never writes the scores to memory; nothing
// where this LibTorch (before 2.0) has none. Any device; on CUDA the kernel is FlashAttention's for
// float16 and bfloat16, and one that bounds its memory as well for float32.
// q: [samples, heads, queries, width]; k, v: [samples, heads, keys, width]. Gives q's shape.
std::optional<at::Tensor> FusedAttention(const at::Tensor& q,
                                         const at::Tensor& k,
                                         const at::Tensor& v);

// A listener to LibTorch's warnings, whichever shape it gives them.
class TorchWarningHearer : public c10::WarningHandler {
 public:
  virtual void Hear(const std::string& warning) = 0;

 private:
#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) override {
    Hear(warning.msg());
  }
#else
  void process(const c10::SourceLocation& /*place*/,
               const std::string& warning,
               bool /*verbatim*/) override {
    Hear(warning);
  }
#endif
};

// This thread's, from now on. Gives the one before.
c10::WarningHandler* HearTorchWarnings(c10::WarningHandler* handler);

}  // namespace weft::models
