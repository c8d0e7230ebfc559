#include "worker/models/device_layers.h"

#include <stdexcept>
#include <vector>

#include <c10/core/DeviceGuard.h>

#include "worker/models/device_graph.h"
#include "worker/models/device_kernels.h"

namespace weft::models {
namespace {

constexpr at::MemoryFormat kLayout = at::MemoryFormat::ChannelsLast;

void Demand(const Status& status) {
  if (!status) {
    throw std::runtime_error(status.error().message());
  }
}

// For as long as it lives, x's device is the current one, for LibTorch's CUDA runtime and for ours,
// which works in LibTorch's stream.
class CurrentDevice {
 public:
  explicit CurrentDevice(const at::Tensor& x) : guard_(x.device()) {
    Demand(UseDevice(x.device().index(), CurrentStream(x.device())));
  }

 private:
  c10::DeviceGuard guard_;
};

DeviceType TypeOf(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kHalf:
      return DeviceType::kFloat16;
    case at::kBFloat16:
      return DeviceType::kBfloat16;
    default:
      return DeviceType::kFloat32;
  }
}

DeviceRows RowsOf(const at::Tensor& x, std::int64_t width) {
  return {x.data_ptr(), TypeOf(x), x.numel() / width, static_cast<int>(width)};
}

}  // namespace

bool TakesDeviceKernels(const at::Tensor& x) {
  const at::ScalarType type = x.scalar_type();
  return HasDeviceKernels() && x.is_cuda() &&
         (type == at::kFloat || type == at::kHalf || type == at::kBFloat16);
}

at::Tensor NormalizeGroupsOnDevice(const at::Tensor& x,
                                   const at::Tensor& shift,
                                   const DeviceGroups& norm) {
  const CurrentDevice current(x);
  const at::Tensor in = x.contiguous(kLayout);
  const DevicePictures pictures{in.data_ptr(), TypeOf(in), in.size(0), in.size(2) * in.size(3),
                                static_cast<int>(in.size(1))};
  at::Tensor out = at::empty(in.sizes(), in.options(), kLayout);
  const at::Tensor scratch =
      at::empty({static_cast<std::int64_t>(GroupNormScratch(pictures, norm.groups))},
                in.options().dtype(at::kByte));
  const at::Tensor added = shift.defined() ? shift.contiguous() : shift;
  const DeviceShift by{added.defined() ? added.data_ptr<float>() : nullptr,
                       added.defined() && added.size(0) > 1};
  Demand(NormalizeGroupsOnDevice(pictures, by,
                                 {norm.weight.data_ptr<float>(), norm.bias.data_ptr<float>(),
                                  norm.groups, static_cast<float>(norm.eps), norm.silu},
                                 scratch.data_ptr(), out.data_ptr()));
  return out;
}

at::Tensor NormalizeRowsOnDevice(const at::Tensor& x,
                                 const at::Tensor& weight,
                                 const at::Tensor& bias,
                                 double eps) {
  const CurrentDevice current(x);
  const at::Tensor in = x.contiguous();
  at::Tensor out = at::empty(in.sizes(), in.options());
  Demand(NormalizeRowsOnDevice(
      RowsOf(in, in.size(-1)),
      {weight.data_ptr<float>(), bias.data_ptr<float>(), static_cast<float>(eps)}, out.data_ptr()));
  return out;
}

at::Tensor GateRowsOnDevice(const at::Tensor& x) {
  const CurrentDevice current(x);
  const at::Tensor in = x.contiguous();
  std::vector<std::int64_t> sizes = in.sizes().vec();
  sizes.back() /= 2;
  at::Tensor out = at::empty(sizes, in.options());
  Demand(GateRowsOnDevice(RowsOf(in, in.size(-1)), out.data_ptr()));
  return out;
}

at::Tensor AddRowsOnDevice(const at::Tensor& x, const at::Tensor& bias, const at::Tensor& other) {
  const CurrentDevice current(x);
  at::Tensor sum = x.contiguous(kLayout);
  const at::Tensor more = other.contiguous(kLayout);
  Demand(
      AddRowsOnDevice(RowsOf(sum, sum.size(1)), bias.data_ptr(), more.data_ptr(), sum.data_ptr()));
  return sum;
}

}  // namespace weft::models
