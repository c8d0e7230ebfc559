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

Status UseDevice(int /*device*/, void* /*stream*/) {
  return Absent();
}

std::size_t GroupNormScratch(const DevicePictures& /*pictures*/, int /*groups*/) {
  return 0;
}

Status NormalizeGroupsOnDevice(const DevicePictures& /*pictures*/,
                               const DeviceShift& /*shift*/,
                               const DeviceGroupNorm& /*norm*/,
                               void* /*scratch*/,
                               void* /*out*/) {
  return Absent();
}

Status NormalizeRowsOnDevice(const DeviceRows& /*rows*/,
                             const DeviceLayerNorm& /*norm*/,
                             void* /*out*/) {
  return Absent();
}

Status GateRowsOnDevice(const DeviceRows& /*rows*/, void* /*out*/) {
  return Absent();
}

Status AddRowsOnDevice(const DeviceRows& /*rows*/,
                       const void* /*bias*/,
                       const void* /*other*/,
                       void* /*out*/) {
  return Absent();
}

}  // namespace weft::models
