// For a Weft that was built without nvcc.

#include "worker/models/device_kernels.h"

namespace weft::models {
namespace {

tl::unexpected<Error> Absent() {
  return Failure(ErrorCode::kUnsupported, "this Weft was built without CUDA");
}

}  // namespace

bool HasDeviceKernels() {
  return false;
}

Status UseDevice(int /*device*/) {
  return Absent();
}

std::size_t GroupNormScratch(const DevicePictures& /*pictures*/, int /*groups*/) {
  return 0;
}

Status NormalizeGroupsOnDevice(const DevicePictures& /*pictures*/,
                               const float* /*shift*/,
                               bool /*shift_per_sample*/,
                               const DeviceGroupNorm& /*norm*/,
                               void* /*scratch*/,
                               void* /*out*/) {
  return Absent();
}

Status NormalizeRowsOnDevice(const void* /*in*/,
                             DeviceType /*type*/,
                             std::int64_t /*rows*/,
                             int /*width*/,
                             const float* /*weight*/,
                             const float* /*bias*/,
                             float /*eps*/,
                             void* /*out*/) {
  return Absent();
}

Status GateRowsOnDevice(
    const void* /*in*/, DeviceType /*type*/, std::int64_t /*rows*/, int /*width*/, void* /*out*/) {
  return Absent();
}

Status AddRowsOnDevice(void* /*x*/,
                       DeviceType /*type*/,
                       std::int64_t /*rows*/,
                       int /*width*/,
                       const void* /*bias*/,
                       const void* /*other*/) {
  return Absent();
}

}  // namespace weft::models
