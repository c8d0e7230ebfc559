#include "worker/runner/worker_check.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include "common/machine_check.h"
#include "worker/models/gpu_driver.h"
#include "worker/models/matmul_speed.h"

namespace weft::worker {
namespace {

// Debian's reference BLAS reaches 3 to 7 on one core, OpenBLAS ten times that.
constexpr double kSlowGflops = 15;

std::optional<Finding> CheckBlas(const Log& log) {
  const Result<double> gflops = models::MatmulGflops();
  if (!gflops) {
    return Finding{true, "matrices cannot be multiplied: " + gflops.error().message()};
  }
  const std::string speed = std::to_string(static_cast<int>(*gflops)) + " GFLOP/s";
  log.Info("matrices are multiplied at " + speed);
  if (*gflops >= kSlowGflops) {
    return std::nullopt;
  }
  return Finding{false, "matrices are multiplied at " + speed +
                            " only: is it the reference BLAS (install libopenblas0-pthread), or "
                            "is the processor taken by others?"};
}

std::optional<Finding> CheckGpu(const std::string& device, const Log& log) {
  const std::size_t colon = device.find(':');
  const std::string number = colon == std::string::npos ? "0" : device.substr(colon + 1);
  const auto facts =
      models::AskDriver(static_cast<unsigned>(std::strtoul(number.c_str(), nullptr, 10)));
  if (!facts) {
    return Finding{true, "device " + device + ": " + facts.error().message()};
  }
  log.Info("device " + device + " is " + Describe(*facts));
  return std::nullopt;
}

}  // namespace

bool CheckMachine(const std::string& device,
                  const std::string& outbox,
                  const std::string& status_file,
                  const Log& log) {
  constexpr std::uint64_t kDescriptorsWanted = 1024;
  constexpr std::uint64_t kOutboxBytes = 64 << 20;
  Findings findings;
  const auto add = [&](std::optional<Finding> finding) {
    if (finding.has_value()) {
      findings.push_back(*std::move(finding));
    }
  };
  add(CheckDescriptors(kDescriptorsWanted, "for models, clips and connections"));
  if (!outbox.empty()) {
    add(CheckFolder(outbox));
    add(CheckFreeDisk(outbox, kOutboxBytes, "the outbox"));
  }
  if (!status_file.empty()) {
    add(CheckFolder(std::filesystem::absolute(status_file).parent_path().string()));
  }
  add(CheckClock(std::chrono::system_clock::now(), LatestWrite(outbox)));
  add(CheckClockIsKept());
  add(device == "cpu" ? CheckBlas(log) : CheckGpu(device, log));
  bool can_start = true;
  for (const Finding& finding : findings) {
    log.Write(finding.is_fatal ? LogLevel::kError : LogLevel::kWarning, finding.text);
    can_start = can_start && !finding.is_fatal;
  }
  return can_start;
}

}  // namespace weft::worker
