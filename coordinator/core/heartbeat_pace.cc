#include "coordinator/core/heartbeat_pace.h"

#include <chrono>

namespace weft::coordinator {
namespace {

constexpr int kRenewals = 4;  // Within one lease.

}  // namespace

Duration HeartbeatPace(std::size_t worker_count, const FarmOptions& options) {
  const double spoken = static_cast<double>(worker_count) / options.heartbeats_per_second;
  const std::chrono::duration<double> wanted(spoken);
  Duration pace = options.heartbeat;
  while (pace < wanted && 2 * pace * kRenewals <= options.lease) {
    pace *= 2;
  }
  return pace;
}

}  // namespace weft::coordinator
