#include "tests/benchmarks/farm/fleet_process.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/benchmarks/farm/process_cost.h"

namespace weft::bench {
namespace {

int RunFleet(const std::function<void(FleetBoard&)>& run, FleetBoard& board) {
  try {
    run(board);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weft-bench: fleet: %s\n", error.what());
    board.failed = true;
    return 1;
  }
}

}  // namespace

Result<std::unique_ptr<FleetProcess>> FleetProcess::Start(
    const std::function<void(FleetBoard& board)>& run) {
  void* memory = ::mmap(nullptr, sizeof(FleetBoard), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return Failure(ErrorCode::kResourceExhausted, "no memory for a fleet's board");
  }
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): munmap() frees it.
  auto* board = new (memory) FleetBoard;
  const pid_t pid = ::fork();
  if (pid < 0) {
    ::munmap(memory, sizeof(FleetBoard));
    return Failure(ErrorCode::kResourceExhausted, "no process for a fleet");
  }
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(RunFleet(run, *board));
  }
  return std::unique_ptr<FleetProcess>(new FleetProcess(board, pid));
}

FleetProcess::~FleetProcess() {
  board_->stop = true;
  ::waitpid(pid_, nullptr, 0);
  ::munmap(board_, sizeof(FleetBoard));
}

double FleetProcess::CpuSeconds() const {
  return CpuSecondsOf(pid_);
}

void StopAll(const std::vector<std::unique_ptr<FleetProcess>>& fleets) {
  for (const auto& fleet : fleets) {
    fleet->Board().stop = true;
  }
}

double CpuSecondsOf(const std::vector<std::unique_ptr<FleetProcess>>& fleets) {
  double seconds = 0;
  for (const auto& fleet : fleets) {
    seconds += fleet->CpuSeconds();
  }
  return seconds;
}

std::int64_t LastAcknowledged(const std::vector<std::unique_ptr<FleetProcess>>& fleets) {
  std::int64_t last = 0;
  for (const auto& fleet : fleets) {
    last = std::max<std::int64_t>(last, fleet->Board().last_acknowledged_ns);
  }
  return last;
}

}  // namespace weft::bench
