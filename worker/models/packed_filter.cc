#include "worker/models/packed_filter.h"

#include <vector>

#include "worker/models/torch_edge.h"
#include "worker/models/winograd_conv.h"

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

template <typename Element, typename Convolution>
void ComputeInParallel(const Convolution& conv, const Tensors& tensors) {
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

bool IsPackable(const at::Tensor& weight) {
  return weight.is_cpu() && weight.is_non_overlapping_and_dense();
}

FilterShape ShapeOf(const at::Tensor& weight) {
  const bool has_taps = weight.dim() == 4;
  return {weight.size(0), weight.size(1), has_taps ? weight.size(2) : 1,
          has_taps ? weight.size(3) : 1};
}

}  // namespace

at::Tensor PackedFilter::Convolve(const at::Tensor& x,
                                  const at::Tensor& bias,
                                  const ConvSteps& steps) const {
  const at::Tensor in = x.contiguous(kLayout);
  const PictureShape picture{x.size(0), x.size(2), x.size(3)};
  if (winograd) {
    at::Tensor out = at::empty({x.size(0), shape.out, x.size(2), x.size(3)}, x.options(), kLayout);
    ComputeInParallel<float>(WinogradConv(shape, picture), {in, values, bias, out});
    return out;
  }
  const DirectConv conv(shape, picture, steps);
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
  if (!takes || !IsPackable(weight)) {
    return {};
  }
  const FilterShape shape = ShapeOf(weight);
  at::Tensor values = at::empty({PackedElements(shape)}, weight.options());
  const at::Tensor plain = weight.contiguous();
  if (type == at::kFloat) {
    PackFilter(DataOf<float>(plain), shape, DataOf<float>(values));
  } else {
    PackFilter(DataOf<std::uint16_t>(plain), shape, DataOf<std::uint16_t>(values));
  }
  return {values, shape};
}

PackedFilter PackWinograd(const at::Tensor& weight) {
  if (weight.scalar_type() != at::kFloat || !IsPackable(weight) ||
      !WinogradConv::Takes(ShapeOf(weight))) {
    return {};
  }
  const FilterShape shape = ShapeOf(weight);
  at::Tensor values = at::empty({WinogradConv::PackedElements(shape)}, weight.options());
  const at::Tensor plain = weight.contiguous();
  WinogradConv::Pack(DataOf<float>(plain), shape, DataOf<float>(values));
  return {values, shape, /*winograd=*/true};
}

}  // namespace weft::models
