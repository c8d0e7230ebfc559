#include "worker/models/layers.h"

#include <utility>

#include "worker/models/device_layers.h"
#include "worker/models/gated_gelu.h"
#include "worker/models/group_norm.h"
#include "worker/models/lanes.h"

namespace weft::models {
namespace {

constexpr at::MemoryFormat kLayout = at::MemoryFormat::ChannelsLast;

Linear PackedLinear(const at::Tensor& weight, const at::Tensor& bias) {
  PackedFilter packed = Pack(weight);
  return {packed.values.defined() ? at::Tensor() : weight, bias, packed};
}

template <typename Element>
void NormalizeSamples(const at::Tensor& in, const GroupNormParameters& norm, at::Tensor* out) {
  const auto share = [](std::int64_t count, std::int64_t grain, const auto& work) {
    at::parallel_for(0, count, grain, work);
  };
  const std::int64_t cells = in.size(2) * in.size(3);
  const std::int64_t channels = in.size(1);
  for (std::int64_t sample = 0; sample < in.size(0); ++sample) {
    const std::int64_t first = sample * cells * channels;
    NormalizeGroups<Element>(
        {static_cast<const Element*>(in.data_ptr()) + first, cells, static_cast<int>(channels)},
        norm, share, static_cast<Element*>(out->data_ptr()) + first);
  }
}

// The packed weights in the place of those that were stored, if there are any.
void Adopt(PackedFilter packed, Conv* conv) {
  if (packed.values.defined()) {
    conv->packed = std::move(packed);
    conv->weight = at::Tensor();
  }
}

// As TakeConv(), but computed by WinogradConv where that takes it.
Conv TakeWinogradConv(Weights& weights, const std::string& name, int in, int out) {
  Conv conv = TakeUnpackedConv(weights, name, in, out);
  Adopt(PackWinograd(conv.weight), &conv);
  if (!conv.packed.values.defined()) {
    Adopt(Pack(conv.weight), &conv);
  }
  return conv;
}

}  // namespace

at::Tensor Linear::operator()(const at::Tensor& x) const {
  if (packed.values.defined()) {
    return packed.Multiply(x, bias);
  }
  if (!x.is_cpu() || x.dim() != 3 || !at::hasMKLDNN()) {
    return at::linear(x, weight, bias);
  }
  // As a 1 x 1 convolution of a picture one cell wide. oneDNN's kernels for these run at twice the
  // rate of Debian's OpenBLAS, and sum up every token alike; a BLAS rounds a row by where it lies
  // in the matrix, and a frame's numbers would depend on its place in the batch.
  const at::Tensor column = x.contiguous().unsqueeze(2).permute({0, 3, 1, 2});
  const at::Tensor kernel = weight.unsqueeze(-1).unsqueeze(-1);
  return at::mkldnn_convolution(column, kernel, bias, {0, 0}, {1, 1}, {1, 1}, 1)
      .permute({0, 2, 3, 1})
      .squeeze(2);
}

bool Linear::IsZero() const {
  const at::Tensor& values = packed.values.defined() ? packed.values : weight;
  return values.count_nonzero().item<std::int64_t>() == 0 &&
         (!bias.defined() || bias.count_nonzero().item<std::int64_t>() == 0);
}

at::Tensor Conv::operator()(const at::Tensor& x) const {
  if (packed.values.defined()) {
    return packed.Convolve(x, bias, {stride, padding});
  }
  return at::conv2d(x, weight, bias, stride, padding);
}

at::Tensor Conv::WithoutBias(const at::Tensor& x) const {
  return at::conv2d(x, weight, {}, stride, padding);
}

at::Tensor GroupNorm::Run(const at::Tensor& x, bool silu) const {
  if (TakesDeviceKernels(x)) {
    return NormalizeGroupsOnDevice(x, {}, {weight, bias, groups, eps, silu});
  }
  const int channels = static_cast<int>(x.size(1));
  const bool known = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  if (!x.is_cpu() || !known || !TakesChannels(channels, groups)) {
    at::Tensor normal = at::group_norm(x.to(at::kFloat), groups, weight, bias, eps);
    return (silu ? at::silu_(normal) : normal).to(x.scalar_type());
  }
  // LibTorch 1.13.1's kernel for channels-last pictures takes the variance as the difference of two
  // large sums, and in bfloat16 adds those up in bfloat16.
  const at::Tensor in = x.contiguous(kLayout);
  at::Tensor out = at::empty(in.sizes(), in.options(), kLayout);
  const GroupNormParameters norm{weight.data_ptr<float>(), bias.data_ptr<float>(), groups, eps,
                                 silu};
  x.scalar_type() == at::kFloat ? NormalizeSamples<float>(in, norm, &out)
                                : NormalizeSamples<std::uint16_t>(in, norm, &out);
  return out;
}

at::Tensor GroupNorm::operator()(const at::Tensor& x) const {
  return Run(x, /*silu=*/false);
}

at::Tensor GroupNorm::Silu(const at::Tensor& x) const {
  return Run(x, /*silu=*/true);
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  if (TakesDeviceKernels(x)) {
    return NormalizeRowsOnDevice(x, weight, bias, eps);
  }
  return at::layer_norm(x.to(at::kFloat), weight.sizes(), weight, bias, eps).to(x.scalar_type());
}

// The convolutions leave their biases to the passes behind them: cuDNN adds none by itself, and
// LibTorch would read and write the whole picture for each.
at::Tensor ResnetBlock::OnDevice(const at::Tensor& x, const at::Tensor& time_embedding) const {
  at::Tensor shift = conv1.bias.to(at::kFloat).unsqueeze(0);
  if (time.Exists()) {
    shift = time(time_embedding).to(at::kFloat).add(shift);
  }
  const at::Tensor h =
      NormalizeGroupsOnDevice(conv1.WithoutBias(norm1.Silu(x)), shift,
                              {norm2.weight, norm2.bias, norm2.groups, norm2.eps, /*silu=*/true});
  return AddRowsOnDevice(conv2.WithoutBias(h), conv2.bias,
                         shortcut.Exists() ? Pointwise(shortcut, x) : x);
}

at::Tensor ResnetBlock::operator()(const at::Tensor& x, const at::Tensor& time_embedding) const {
  if (TakesDeviceKernels(x)) {
    return OnDevice(x, time_embedding);
  }
  at::Tensor h = conv1(norm1.Silu(x));
  if (time.Exists()) {
    h.add_(time(time_embedding).unsqueeze(-1).unsqueeze(-1));
  }
  h = conv2(norm2.Silu(h));
  return h.add_(shortcut.Exists() ? Pointwise(shortcut, x) : x);
}

Linear TakeLinear(Weights& weights, const std::string& name, int in, int out) {
  return PackedLinear(weights.Take(name + ".weight", {out, in}),
                      weights.Take(name + ".bias", {out}));
}

Linear TakeLinearWithoutBias(Weights& weights, const std::string& name, int in, int out) {
  return PackedLinear(weights.Take(name + ".weight", {out, in}), {});
}

Linear TakePointwise(Weights& weights, const std::string& name, int in, int out) {
  return PackedLinear(weights.Take(name + ".weight", {out, in, 1, 1}).view({out, in}),
                      weights.Take(name + ".bias", {out}));
}

Conv TakeConv(Weights& weights, const std::string& name, int in, int out) {
  Conv conv = TakeUnpackedConv(weights, name, in, out);
  Adopt(Pack(conv.weight), &conv);
  return conv;
}

Conv TakeUnpackedConv(Weights& weights, const std::string& name, int in, int out) {
  constexpr int kKernel = 3;
  const at::Tensor kernel = weights.Take(name + ".weight", {out, in, kKernel, kKernel});
  // What stands for a missing tensor is one element; made whole, it would take what a file claims.
  return {kernel.is_non_overlapping_and_dense() ? kernel.contiguous(kLayout) : kernel,
          weights.Take(name + ".bias", {out})};
}

GroupNorm TakeGroupNorm(Weights& weights,
                        const std::string& name,
                        int width,
                        const NormSpec& norm) {
  return {weights.TakeFloat(name + ".weight", {width}), weights.TakeFloat(name + ".bias", {width}),
          norm.groups, norm.eps};
}

LayerNorm TakeLayerNorm(Weights& weights, const std::string& name, int width, double eps) {
  return {weights.TakeFloat(name + ".weight", {width}), weights.TakeFloat(name + ".bias", {width}),
          eps};
}

ResnetBlock TakeResnet(Weights& weights,
                       const std::string& name,
                       const ResnetShape& shape,
                       const NormSpec& norm) {
  // An autoencoder has large pictures and few filters; a UNet many of them, for which there would
  // not be the memory.
  const auto take_conv = shape.time > 0 ? TakeConv : TakeWinogradConv;
  ResnetBlock block;
  block.norm1 = TakeGroupNorm(weights, name + ".norm1", shape.in, norm);
  block.conv1 = take_conv(weights, name + ".conv1", shape.in, shape.out);
  if (shape.time > 0) {
    block.time = TakeLinear(weights, name + ".time_emb_proj", shape.time, shape.out);
  }
  block.norm2 = TakeGroupNorm(weights, name + ".norm2", shape.out, norm);
  block.conv2 = take_conv(weights, name + ".conv2", shape.out, shape.out);
  if (shape.in != shape.out) {
    block.shortcut = TakePointwise(weights, name + ".conv_shortcut", shape.in, shape.out);
  }
  return block;
}

at::Tensor ToTokens(const at::Tensor& picture) {
  return picture.permute({0, 2, 3, 1})
      .reshape({picture.size(0), picture.size(2) * picture.size(3), picture.size(1)});
}

at::Tensor ToPicture(const at::Tensor& tokens, std::int64_t height, std::int64_t width) {
  return tokens.view({tokens.size(0), height, width, tokens.size(2)}).permute({0, 3, 1, 2});
}

at::Tensor Pointwise(const Linear& linear, const at::Tensor& picture) {
  return ToPicture(linear(ToTokens(picture)), picture.size(2), picture.size(3));
}

at::Tensor GatedGelu(const at::Tensor& x) {
  if (TakesDeviceKernels(x)) {
    return GateRowsOnDevice(x);
  }
  const std::int64_t width = x.size(-1) / 2;
  const bool known = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  if (!x.is_cpu() || !known || width % kLanes != 0) {
    return at::gelu(x.narrow(-1, width, width)).mul_(x.narrow(-1, 0, width));
  }
  const at::Tensor in = x.contiguous();
  at::Tensor out = at::empty({x.size(0), x.size(1), width}, x.options());
  const auto gate = [&](auto* from, auto* to) {
    constexpr std::int64_t kRowsMin = 16;  // Of one thread.
    at::parallel_for(0, x.size(0) * x.size(1), kRowsMin, [&](std::int64_t begin, std::int64_t end) {
      GateWithGelu(from + begin * 2 * width, end - begin, width, to + begin * width);
    });
  };
  if (x.scalar_type() == at::kFloat) {
    gate(in.data_ptr<float>(), out.data_ptr<float>());
  } else {
    gate(reinterpret_cast<std::uint16_t*>(in.data_ptr<at::BFloat16>()),
         reinterpret_cast<std::uint16_t*>(out.data_ptr<at::BFloat16>()));
  }
  return out;
}

at::Tensor Resize(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
  return at::upsample_nearest2d(picture, {height, width});
}

}  // namespace weft::models
