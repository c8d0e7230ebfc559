#include "worker/models/lora_merge.h"

#include "worker/models/weights.h"

namespace weft::models {
namespace {

at::Tensor Floats(const HeldTensor& held, const at::Device& device) {
  return ViewOf(held).to(device, at::kFloat);
}

// [out, in * kernel], or what of it comes before the kernel.
at::Tensor Rows(const at::Tensor& tensor) {
  return tensor.reshape({tensor.size(0), -1});
}

// up * down; with a middle, the three convolutions one after the other as one.
at::Tensor Product(const LoraTerm& term, const at::Device& device) {
  const at::Tensor up = Rows(Floats(term.up, device));
  const at::Tensor down = Rows(Floats(term.down, device));
  if (!term.mid) {
    return at::mm(up, down);
  }
  const at::Tensor mid = Floats(*term.mid, device);
  const std::int64_t rank = mid.size(0);
  const std::int64_t kernel = mid.numel() / (rank * rank);
  // [out, rank, kernel] with the kernel before the rank, so that down meets the rank.
  const at::Tensor behind = at::mm(up, mid.reshape({rank, rank * kernel}))
                                .view({up.size(0), rank, kernel})
                                .transpose(1, 2)
                                .reshape({up.size(0) * kernel, rank});
  return at::mm(behind, down).view({up.size(0), kernel, down.size(1)}).transpose(1, 2);
}

double ScaleOf(const LoraTerm& term) {
  const auto rank = static_cast<double>(term.up.tensor.shape[1]);
  const double alpha =
      term.alpha ? ViewOf(*term.alpha).to(at::kDouble).reshape({-1})[0].item<double>() : rank;
  return term.weight * alpha / rank;
}

}  // namespace

at::Tensor Merge(const at::Tensor& weight, const std::vector<LoraTerm>& terms) {
  at::Tensor sum = weight.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  for (const LoraTerm& term : terms) {
    sum.add_(Product(term, sum.device()).reshape(sum.sizes()), ScaleOf(term));
  }
  return sum;
}

}  // namespace weft::models
