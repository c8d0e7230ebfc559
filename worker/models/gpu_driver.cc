#include "worker/models/gpu_driver.h"

#include <array>
#include <cstddef>
#include <memory>

#include <dlfcn.h>

namespace weft::models {
namespace {

constexpr const char* kLibrary = "libcuda.so.1";
constexpr int kComputeMajor = 75;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MINOR.
constexpr int kComputeMinor = 76;

struct Close {
  void operator()(void* library) const { dlclose(library); }
};

tl::unexpected<Error> Unusable(const std::string& what) {
  return Failure(ErrorCode::kUnsupported, what);
}

// The driver's functions; a result that is not 0 is a failure's number.
class Driver {
 public:
  Driver() : library_(dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL)) {}

  [[nodiscard]] bool IsThere() const { return library_ != nullptr; }

  // -1 where the driver has no such function.
  template <typename... Arguments>
  int Call(const char* name, Arguments... arguments) const {
    auto* const function = reinterpret_cast<int (*)(Arguments...)>(dlsym(library_.get(), name));
    return function == nullptr ? -1 : function(arguments...);
  }

 private:
  std::unique_ptr<void, Close> library_;
};

Result<int> DeviceOf(const Driver& driver, unsigned gpu) {
  int count = 0;
  driver.Call("cuDeviceGetCount", &count);
  int device = 0;
  if (gpu >= static_cast<unsigned>(count) ||
      driver.Call("cuDeviceGet", &device, static_cast<int>(gpu)) != 0) {
    return Unusable("there is no GPU " + std::to_string(gpu) + ": NVIDIA's driver has " +
                    std::to_string(count) + " (CUDA_VISIBLE_DEVICES may hide others)");
  }
  return device;
}

}  // namespace

Result<GpuFacts> AskDriver(unsigned gpu) {
  const Driver driver;
  if (!driver.IsThere()) {
    return Unusable(std::string("there is no NVIDIA driver here: ") + kLibrary +
                    " is not found (nvidia-smi; in containers, the NVIDIA container toolkit)");
  }
  if (const int failed = driver.Call("cuInit", 0U); failed != 0) {
    return Unusable("NVIDIA's driver does not start (CUDA error " + std::to_string(failed) +
                    "): is its kernel module loaded, and of the same version? (nvidia-smi)");
  }
  WEFT_ASSIGN_OR_RETURN(const int device, DeviceOf(driver, gpu));
  GpuFacts facts;
  int version = 0;
  driver.Call("cuDriverGetVersion", &version);
  facts.driver = std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
  std::array<char, 256> name{};
  driver.Call("cuDeviceGetName", name.data(), static_cast<int>(name.size() - 1), device);
  facts.name = name.data();
  driver.Call("cuDeviceGetAttribute", &facts.compute_major, kComputeMajor, device);
  driver.Call("cuDeviceGetAttribute", &facts.compute_minor, kComputeMinor, device);
  std::size_t bytes = 0;
  driver.Call("cuDeviceTotalMem_v2", &bytes, device);
  facts.memory_bytes = bytes;
  return facts;
}

std::string Describe(const GpuFacts& facts) {
  constexpr unsigned kGibibyteShift = 30;
  return facts.name + ", compute capability " + std::to_string(facts.compute_major) + "." +
         std::to_string(facts.compute_minor) + ", " +
         std::to_string(facts.memory_bytes >> kGibibyteShift) + " GiB, driver for CUDA " +
         facts.driver;
}

}  // namespace weft::models
