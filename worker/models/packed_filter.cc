#include "worker/models/packed_filter.h"

#include <vector>

#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

constexpr at::MemoryFormat kLayout = at::MemoryFormat::ChannelsLast;

// The values of a tensor that DirectConv takes; null where there is none.
template <typename Element>
Element* DataOf(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<Element*>(tensor.data_ptr()) : nullptr;
}

struct Tensors {
  at::Tensor in;
  at::Tensor packed;
  at::Tensor bias;
  at::Tensor out;
};

template <typename Element>
void ComputeInParallel(const DirectConv& conv, const Tensors& tensors) {
  const ConvOperands<Element> operands{DataOf<Element>(tensors.in), DataOf<Element>(tensors.packed),
                                       DataOf<Element>(tensors.bias), DataOf<Element>(tensors.out)};
  at::parallel_for(0, conv.Parts(), 1, [&](std::int64_t begin, std::int64_t end) {
    const at::Tensor scratch = at::empty({conv.ScratchFloats()}, at::kFloat);
    conv.Compute(begin, end, operands, scratch.data_ptr<float>());
  });
}

void Compute(const DirectConv& conv, const Tensors& tensors) {
  tensors.packed.scalar_type() == at::kFloat ? ComputeInParallel<float>(conv, tensors)
                                             : ComputeInParallel<std::uint16_t>(conv, tensors);
}

}  // namespace

at::Tensor PackedFilter::Convolve(const at::Tensor& x,
                                  const at::Tensor& bias,
                                  const ConvSteps& steps) const {
  const at::Tensor in = x.contiguous(kLayout);
  const DirectConv conv(shape, {x.size(0), x.size(2), x.size(3)}, steps);
  at::Tensor out = at::empty({x.size(0), shape.out, conv.Output().height, conv.Output().width},
                             x.options(), kLayout);
  Compute(conv, {in, values, bias, out});
  return out;
}

at::Tensor PackedFilter::Multiply(const at::Tensor& x, const at::Tensor& bias) const {
  const at::Tensor in = x.contiguous();
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = shape.out;
  at::Tensor out = at::empty(sizes, x.options());
  Compute(DirectConv(shape, {1, 1, x.numel() / shape.in}, {}), {in, values, bias, out});
  return out;
}

PackedFilter Pack(const at::Tensor& weight) {
  const at::ScalarType type = weight.scalar_type();
  const bool takes = type == at::kFloat || (type == at::kBFloat16 && !HasFastBfloat16());
  if (!takes || !weight.is_cpu() || !weight.is_non_overlapping_and_dense()) {
    return {};
  }
  const bool has_taps = weight.dim() == 4;
  const FilterShape shape{weight.size(0), weight.size(1), has_taps ? weight.size(2) : 1,
                          has_taps ? weight.size(3) : 1};
  at::Tensor values = at::empty({PackedElements(shape)}, weight.options());
  const at::Tensor plain = weight.contiguous();
  if (type == at::kFloat) {
    PackFilter(DataOf<float>(plain), shape, DataOf<float>(values));
  } else {
    PackFilter(DataOf<std::uint16_t>(plain), shape, DataOf<std::uint16_t>(values));
  }
  return {values, shape};
}

}  // namespace weft::models
