#include "tests/benchmarks/farm/farm_stage.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace weft::bench {
namespace {

constexpr std::int64_t kPatienceNs = 600'000'000'000;
constexpr int kWorkersOfAProcess = 5000;
constexpr std::uint64_t kUnansweredMax = 256;
constexpr int kFewProcesses = 16;
constexpr int kManyPatienceMs = 250;  // A thousand processes must not wake up for nothing.

}  // namespace

Result<std::unique_ptr<FarmStage>> FarmStage::Open(const FarmOrder& order) {
  std::error_code failure;
  const std::filesystem::path parent = order.folder.empty()
                                           ? std::filesystem::temp_directory_path(failure)
                                           : std::filesystem::path(order.folder);
  std::string folder = (parent / "weft-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    return Failure(ErrorCode::kPermissionDenied, folder + ": the folder cannot be made");
  }
  WEFT_ASSIGN_OR_RETURN(const int port, FreePort());
  WEFT_ASSIGN_OR_RETURN(const int bulk_port, FreePort(port));
  std::unique_ptr<FarmStage> stage(new FarmStage(folder, port, bulk_port, order));
  if (order.curve) {
    WEFT_RETURN_IF_ERROR(stage->UseCurve());
  }
  return stage;
}

FarmStage::FarmStage(std::string folder, int port, int bulk_port, const FarmOrder& order)
    : folder_(std::move(folder)),
      address_("tcp://127.0.0.1:" + std::to_string(port)),
      bulk_address_("tcp://127.0.0.1:" + std::to_string(bulk_port)),
      processes_(order.processes),
      command_({order.coordinator, "--state", folder_, "--listen", address_, "--bulk",
                bulk_address_, "--trust-outputs"}) {
  command_.insert(command_.end(), order.coordinator_options.begin(),
                  order.coordinator_options.end());
}

Status FarmStage::UseCurve() {
  const std::string guests = folder_ + "/guests";
  std::error_code failure;
  std::filesystem::create_directory(guests, failure);
  WEFT_ASSIGN_OR_RETURN(const CurveKeys server, MakeCurveKeys());
  WEFT_ASSIGN_OR_RETURN(const CurveKeys all, MakeCurveKeys());
  WEFT_RETURN_IF_ERROR(WriteCurveKeys(folder_ + "/coordinator", server));
  WEFT_RETURN_IF_ERROR(WriteCurveKeys(guests + "/all", all));
  for (const std::string& word :
       {std::string("--keys"), folder_ + "/coordinator", std::string("--guests"), guests}) {
    command_.push_back(word);
  }
  curve_ = CurveOptions{.keys = all, .server = server.public_half};
  return {};
}

FarmStage::~FarmStage() {
  StopAll(fleets_);
  fleets_.clear();
  coordinator_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Status FarmStage::StartCoordinator() {
  WEFT_ASSIGN_OR_RETURN(coordinator_, ServerProcess::Start(command_, folder_ + "/coordinator.log"));
  return {};
}

Status FarmStage::StartFleets(FleetOptions options, int workers) {
  const std::string name = options.name;
  const int needed = (workers + kWorkersOfAProcess - 1) / kWorkersOfAProcess;
  const int processes = std::clamp(processes_, needed, workers);
  options.patience_ms = processes > kFewProcesses ? kManyPatienceMs : options.patience_ms;
  for (int i = 0; i < processes; ++i) {
    options.name = name + std::to_string(fleets_.size());
    options.worker_count = workers * (i + 1) / processes - workers * i / processes;
    WEFT_ASSIGN_OR_RETURN(std::unique_ptr<FleetProcess> fleet, StartFleet(options));
    fleets_.push_back(std::move(fleet));
  }
  return {};
}

Result<std::unique_ptr<FleetProcess>> FarmStage::StartFleet(FleetOptions options) const {
  options.address = address_;
  options.curve = curve_;
  return FleetProcess::Start([options](FleetBoard& board) {
    Fleet fleet(options, board);
    fleet.Run();
  });
}

Status FarmStage::WaitUntil(const std::function<bool()>& reached) {
  const std::int64_t deadline = SteadyNanoseconds() + kPatienceNs;
  constexpr useconds_t kPause = 500;
  while (!reached()) {
    if (!coordinator_->IsRunning()) {
      return Failure(ErrorCode::kUnavailable, "the coordinator ended");
    }
    if (std::any_of(fleets_.begin(), fleets_.end(),
                    [](const auto& fleet) { return fleet->Board().failed.load(); })) {
      return Failure(ErrorCode::kUnavailable, "workers have ended");
    }
    if (SteadyNanoseconds() > deadline) {
      return Failure(ErrorCode::kUnavailable, "the farm did not get there in ten minutes");
    }
    ::usleep(kPause);
  }
  return {};
}

Status FarmStage::Submit(JobStream& jobs, std::uint64_t count) {
  const std::uint64_t goal = jobs.Submitted() + count;
  while (jobs.Accepted() < goal) {
    const bool room = jobs.Submitted() - jobs.Accepted() < kUnansweredMax;
    if (jobs.Submitted() < goal && room) {
      WEFT_RETURN_IF_ERROR(jobs.Submit());
    }
    WEFT_RETURN_IF_ERROR(jobs.Listen(room ? 0 : 1));
  }
  return {};
}

}  // namespace weft::bench
