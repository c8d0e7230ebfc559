// The processes of one measurement: a coordinator in a fresh folder, and fleets.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "tests/benchmarks/farm/fleet.h"
#include "tests/benchmarks/farm/fleet_process.h"
#include "tests/benchmarks/farm/job_stream.h"
#include "tests/benchmarks/farm/measure_farm.h"
#include "tests/benchmarks/farm/server_process.h"

namespace weft::bench {

class FarmStage {
 public:
  // Errors: no folder or port to be had.
  static Result<std::unique_ptr<FarmStage>> Open(const FarmOrder& order);
  FarmStage(const FarmStage&) = delete;
  FarmStage& operator=(const FarmStage&) = delete;
  // Ends all processes and removes the folder.
  ~FarmStage();

  Status StartCoordinator();
  // Fleets of together `workers` workers, in as many processes as were ordered, or as
  // descriptors ask for.
  Status StartFleets(FleetOptions options, int workers);
  // One more fleet, for itself.
  [[nodiscard]] Result<std::unique_ptr<FleetProcess>> StartFleet(FleetOptions options) const;

  // Polls until `reached` holds. kUnavailable: see measure_farm.h.
  Status WaitUntil(const std::function<bool()>& reached);
  // Submits jobs and waits until they are accepted.
  Status Submit(JobStream& jobs, std::uint64_t count);

  // The sum over all fleets of StartFleets().
  template <typename Count>
  [[nodiscard]] std::uint64_t Sum(Count FleetBoard::*count) const {
    return SumOf(fleets_, count);
  }

  [[nodiscard]] const std::vector<std::unique_ptr<FleetProcess>>& Fleets() const { return fleets_; }
  [[nodiscard]] ServerProcess& Coordinator() { return *coordinator_; }
  [[nodiscard]] const std::string& Folder() const { return folder_; }
  [[nodiscard]] const std::string& BulkAddress() const { return bulk_address_; }
  // What others than the coordinator speak with.
  [[nodiscard]] const std::optional<CurveOptions>& Curve() const { return curve_; }
  // A client of the coordinator.
  [[nodiscard]] JobStream Client(JobShape shape) const {
    return JobStream(address_, curve_, shape);
  }

 private:
  // folder: the coordinator's state, with its log.
  FarmStage(std::string folder, int port, int bulk_port, const FarmOrder& order);

  // Keys for the coordinator and for everybody else.
  Status UseCurve();

  const std::string folder_;
  const std::string address_;
  const std::string bulk_address_;
  const int processes_;                // That share the workers, at least.
  std::vector<std::string> command_;   // That starts the coordinator.
  std::optional<CurveOptions> curve_;  // Of everybody else.
  std::unique_ptr<ServerProcess> coordinator_;
  std::vector<std::unique_ptr<FleetProcess>> fleets_;
};

}  // namespace weft::bench
