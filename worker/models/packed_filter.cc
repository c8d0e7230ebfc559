#include "worker/models/packed_filter.h"

#include <vector>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

constexpr at::MemoryFormat kLayout = at::MemoryFormat::ChannelsLast;

void ComputeInParallel(const DirectConv& conv, const ConvOperands& operands) {
  at::parallel_for(0, conv.Parts(), 1, [&](std::int64_t begin, std::int64_t end) {
    const at::Tensor scratch = at::empty({conv.ScratchFloats()}, at::kFloat);
    conv.Compute(begin, end, operands, scratch.data_ptr<float>());
  });
}

const float* DataOf(const at::Tensor& bias) {
  return bias.defined() ? bias.data_ptr<float>() : nullptr;
}

}  // namespace

at::Tensor PackedFilter::Convolve(const at::Tensor& x,
                                  const at::Tensor& bias,
                                  const ConvSteps& steps) const {
  const at::Tensor in = x.contiguous(kLayout);
  const DirectConv conv(shape, {x.size(0), x.size(2), x.size(3)}, steps);
  at::Tensor out = at::empty({x.size(0), shape.out, conv.Output().height, conv.Output().width},
                             x.options(), kLayout);
  ComputeInParallel(
      conv, {in.data_ptr<float>(), values.data_ptr<float>(), DataOf(bias), out.data_ptr<float>()});
  return out;
}

at::Tensor PackedFilter::Multiply(const at::Tensor& x, const at::Tensor& bias) const {
  const at::Tensor in = x.contiguous();
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = shape.out;
  at::Tensor out = at::empty(sizes, x.options());
  ComputeInParallel(
      DirectConv(shape, {1, 1, x.numel() / shape.in}, {}),
      {in.data_ptr<float>(), values.data_ptr<float>(), DataOf(bias), out.data_ptr<float>()});
  return out;
}

PackedFilter Pack(const at::Tensor& weight) {
  if (HasWideVectors() || !weight.is_cpu() || weight.scalar_type() != at::kFloat ||
      !weight.is_non_overlapping_and_dense()) {
    return {};
  }
  const bool has_taps = weight.dim() == 4;
  const FilterShape shape{weight.size(0), weight.size(1), has_taps ? weight.size(2) : 1,
                          has_taps ? weight.size(3) : 1};
  const at::Tensor values = at::empty({PackedFloats(shape)}, weight.options());
  PackFilter(weight.contiguous().data_ptr<float>(), shape, values.data_ptr<float>());
  return {values, shape};
}

}  // namespace weft::models
