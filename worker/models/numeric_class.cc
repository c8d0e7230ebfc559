#include "worker/models/numeric_class.h"

#include <array>
#include <cstddef>

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <c10/core/DeviceGuard.h>
#include <dlfcn.h>
#include <torch/version.h>

#include "worker/models/device_kernels.h"
#include "worker/models/lanes.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

bool IsCuda(const std::string& device) {
  return device.rfind("cuda", 0) == 0;
}

std::string VectorInstructions() {
#if defined(__x86_64__)
  if (HasWideVectors()) {
    // Reads what the processor says.  NOLINTBEGIN(concurrency-mt-unsafe)
    return std::string("AVX-512") + (__builtin_cpu_supports("avx512vnni") != 0 ? " VNNI" : "") +
           (__builtin_cpu_supports("avx512bf16") != 0 ? " BF16" : "") +
           (HasFastBfloat16() ? " fast" : "");
    // NOLINTEND(concurrency-mt-unsafe)
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  return __builtin_cpu_supports("avx2") != 0 ? "AVX2" : "SSE";
#else
  return "no vectors that are known here";
#endif
}

// "Intel(R) MKL-DNN v2.6.0 (Git Hash …)": the version.
std::string OneDnn() {
  const std::string words = at::get_mkldnn_version();
  const std::size_t begin = words.find(" v");
  return begin == std::string::npos
             ? "no oneDNN"
             : "oneDNN" + words.substr(begin, words.find(' ', begin + 1) - begin);
}

// Another BLAS than OpenBLAS has no such function.
std::string Blas() {
  auto* const core =
      reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return core == nullptr ? "another BLAS" : std::string("OpenBLAS ") + core();
}

// The CUDA runtime comes with LibTorch's CUDA build only, so it is found by name. The properties of
// a device begin with its name in every version of the runtime, and are smaller than this.
Result<std::string> Gpu(const std::string& device) {
  constexpr std::size_t kPropertiesMax = 16384;
  constexpr std::size_t kNameMax = 256;
  void* query = dlsym(RTLD_DEFAULT, "cudaGetDeviceProperties_v2");
  query = query != nullptr ? query : dlsym(RTLD_DEFAULT, "cudaGetDeviceProperties");
  auto* const runtime =
      reinterpret_cast<int (*)(int*)>(dlsym(RTLD_DEFAULT, "cudaRuntimeGetVersion"));
  if (!at::hasCUDA() || query == nullptr || runtime == nullptr) {
    return Failure(ErrorCode::kUnsupported,
                   "device " + device + ": this LibTorch finds no CUDA device");
  }
  const at::Device place(device);
  alignas(std::max_align_t) std::array<char, kPropertiesMax> properties{};
  int version = 0;
  if (reinterpret_cast<int (*)(void*, int)>(query)(properties.data(),
                                                   place.has_index() ? place.index() : 0) != 0 ||
      runtime(&version) != 0) {
    return Failure(ErrorCode::kUnsupported, "device " + device + ": CUDA cannot use it");
  }
  properties.at(kNameMax - 1) = '\0';
  return std::string(properties.data()) + ", CUDA " + std::to_string(version);
}

}  // namespace

Result<std::string> NumericClass(const std::string& device) {
  const std::string ours = std::string("LibTorch ") + TORCH_VERSION + ", " + OneDnn() + ", " +
                           Blas() + ", Weft " WEFT_VERSION;
  if (!IsCuda(device)) {
    return "cpu, " + VectorInstructions() + ", " + ours;
  }
  WEFT_ASSIGN_OR_RETURN(const std::string gpu, AtTorchEdge([&] { return Gpu(device); }));
  return "cuda, " + gpu + (HasDeviceKernels() ? ", " : ", without Weft's kernels, ") + ours;
}

std::vector<DataType> DataTypesOf(const std::string& device) {
  std::vector<DataType> types = {DataType::kFloat32, DataType::kBfloat16};
  if (IsCuda(device)) {
    types.push_back(DataType::kFloat16);
  }
  return types;
}

}  // namespace weft::models
