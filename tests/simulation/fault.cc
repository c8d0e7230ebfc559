#include "tests/simulation/fault.h"

#include <array>
#include <utility>

namespace weft::simulation {
namespace {

constexpr std::array<const char*, static_cast<std::size_t>(Fault::Kind::kCount)> kNames = {
    "coordinator killed",
    "disk full",
    "worker killed",
    "worker hangs",
    "worker hangs and a twin takes its name",
    "connection cut",
    "partition",
    "half-open: its words are lost",
    "half-open: it hears nothing",
    "storm on every link",
    "job cancelled",
    "job paused",
    "worker drained",
    "worker asked to leave",
    "result dropped",
    "other version everywhere",
    "worker lies",
    "job forgotten",
    "outputs lost",
};

constexpr std::array<const char*, static_cast<std::size_t>(KillPoint::kCount)> kPoints = {
    "between turns",
    "before its commit",
    "in the middle of its commit",
    "after its commit, before it sent anything",
    "after half of its messages",
};

std::string Seconds(Duration duration) {
  const auto ms = duration.count();
  const std::string rest = std::to_string(1000 + ms % 1000).substr(1);
  return std::to_string(ms / 1000) + "." + rest + " s";
}

// So few that now and then one comes back that was there before.
std::uint32_t VersionOf(const Fault& fault) {
  constexpr std::uint32_t kVersions = 3;
  return fault.detail % kVersions;
}

}  // namespace

void Software::Install(const Fault& fault) {
  // Where two came at once, everybody takes the same one of them.
  if (std::pair(fault.at, VersionOf(fault)) >= std::pair(ordered_at, version)) {
    version = VersionOf(fault);
    ordered_at = fault.at;
  }
}

std::string Describe(const Fault& fault) {
  std::string text = "at " + Seconds(fault.at.time_since_epoch()) + " for " + Seconds(fault.span) +
                     ": " + kNames.at(static_cast<std::size_t>(fault.kind));
  switch (fault.kind) {
    case Fault::Kind::kKillCoordinator:
      return text + " " + kPoints.at(fault.detail % kPoints.size());
    case Fault::Kind::kFillDisk:
    case Fault::Kind::kStorm:
    case Fault::Kind::kLoseOutputs:
      return text;
    case Fault::Kind::kReplaceVersion:
      return text + " (" + std::to_string(VersionOf(fault)) + ")";
    default:
      return text + " [" + std::to_string(fault.seat) + "]";
  }
}

}  // namespace weft::simulation
