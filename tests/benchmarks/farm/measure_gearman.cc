#include "tests/benchmarks/farm/measure_gearman.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/benchmarks/farm/fleet_board.h"
#include "tests/benchmarks/farm/fleet_process.h"
#include "tests/benchmarks/farm/gearman_link.h"
#include "tests/benchmarks/farm/process_cost.h"
#include "tests/benchmarks/farm/server_process.h"

namespace weft::bench {
namespace {

constexpr std::int64_t kPatienceNs = 600'000'000'000;
constexpr std::uint64_t kUnansweredMax = 500;
constexpr int kEventsMax = 256;
constexpr int kPatienceMs = 5;
constexpr int kWorkerPatienceMs = 250;  // A thousand processes must not wake up for nothing.
constexpr std::string_view kFunction = "noop";

void Obey(GearmanLink& link, const GearmanPacket& packet, FleetBoard& board) {
  switch (packet.type) {
    case GearmanType::kNoJob:
      return link.Add(GearmanType::kPreSleep, "");
    case GearmanType::kNoop:
      return link.Add(GearmanType::kGrabJob, "");
    case GearmanType::kJobAssign:
      // Its handle and a zero byte, and a result of no bytes.
      link.Add(GearmanType::kWorkComplete, packet.body.substr(0, packet.body.find('\0') + 1));
      link.Add(GearmanType::kGrabJob, "");
      ++board.acknowledged;
      board.last_acknowledged_ns = SteadyNanoseconds();
      return;
    default:
      return;
  }
}

void RunWorkers(int port, int count, FleetBoard& board) {
  const int events = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<GearmanLink> links;
  for (int i = 0; i < count; ++i) {
    links.emplace_back(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(i);
    ::epoll_ctl(events, EPOLL_CTL_ADD, links.back().Descriptor(), &event);
    links.back().Add(GearmanType::kCanDo, kFunction);
    links.back().Add(GearmanType::kGrabJob, "");
    links.back().Flush();
    ++board.welcomed;
  }
  std::array<epoll_event, kEventsMax> ready{};
  while (!board.stop) {
    const int found = ::epoll_wait(events, ready.data(), kEventsMax, kWorkerPatienceMs);
    for (int i = 0; i < found; ++i) {
      GearmanLink& link = links[ready.at(static_cast<std::size_t>(i)).data.u64];
      if (!link.Fill()) {
        throw std::runtime_error("gearmand hung up");
      }
      while (const auto packet = link.Next()) {
        Obey(link, *packet, board);
      }
      link.Flush();
    }
  }
  ::close(events);
}

// Until all are submitted and created.
bool Submit(GearmanLink& link, std::uint64_t count, std::int64_t deadline) {
  constexpr std::size_t kPayloadBytes = 100;
  const std::string payload(kPayloadBytes, 'x');
  std::uint64_t submitted = 0;
  std::uint64_t created = 0;
  while (created < count && SteadyNanoseconds() < deadline) {
    for (; submitted < count && submitted - created < kUnansweredMax; ++submitted) {
      const std::string unique = std::to_string(submitted);
      std::string body(kFunction);
      body.append(1, '\0').append(unique).append(1, '\0').append(payload);
      link.Add(GearmanType::kSubmitJobBackground, body);
    }
    link.Flush();
    pollfd waits{link.Descriptor(), POLLIN, 0};
    ::poll(&waits, 1, kPatienceMs);
    if (!link.Fill()) {
      return false;
    }
    while (const auto packet = link.Next()) {
      created += packet->type == GearmanType::kJobCreated ? 1 : 0;
    }
  }
  return created == count;
}

// gearmand listens a moment after its start.
std::unique_ptr<GearmanLink> ConnectSoon(int port, std::int64_t deadline) {
  constexpr useconds_t kPause = 20'000;
  while (SteadyNanoseconds() < deadline) {
    try {
      return std::make_unique<GearmanLink>(port);
    } catch (const std::system_error&) {
      ::usleep(kPause);
    }
  }
  return nullptr;
}

using Fleets = std::vector<std::unique_ptr<FleetProcess>>;

Result<Fleets> StartWorkers(int port, const FarmOrder& order) {
  const int processes = std::max(1, std::min(order.processes, order.workers));
  Fleets fleets;
  for (int i = 0; i < processes; ++i) {
    const int count = order.workers * (i + 1) / processes - order.workers * i / processes;
    WEFT_ASSIGN_OR_RETURN(
        std::unique_ptr<FleetProcess> fleet,
        FleetProcess::Start([port, count](FleetBoard& board) { RunWorkers(port, count, board); }));
    fleets.push_back(std::move(fleet));
  }
  return fleets;
}

bool WaitFor(const std::function<bool()>& reached, std::int64_t deadline) {
  constexpr useconds_t kPause = 500;
  bool done = reached();
  while (!done && SteadyNanoseconds() < deadline) {
    ::usleep(kPause);
    done = reached();
  }
  return done;
}

}  // namespace

Result<ThroughputFigures> MeasureGearman(const std::string& program, const FarmOrder& order) {
  const std::int64_t deadline = SteadyNanoseconds() + kPatienceNs;
  const auto too_late = [] {
    return Failure(ErrorCode::kUnavailable, "gearmand did not get there");
  };
  WEFT_ASSIGN_OR_RETURN(const int port, FreePort());
  WEFT_ASSIGN_OR_RETURN(
      const std::unique_ptr<ServerProcess> server,
      ServerProcess::Start({program, "--listen=127.0.0.1", "--port=" + std::to_string(port),
                            "--log-file=stderr", "--verbose=ERROR"},
                           "/dev/null"));
  const std::unique_ptr<GearmanLink> client = ConnectSoon(port, deadline);
  if (client == nullptr) {
    return too_late();
  }
  WEFT_ASSIGN_OR_RETURN(const Fleets fleets, StartWorkers(port, order));
  const auto workers = static_cast<std::uint64_t>(order.workers);
  if (!WaitFor([&] { return SumOf(fleets, &FleetBoard::welcomed) == workers; }, deadline)) {
    return too_late();
  }
  const double server_before = CpuSecondsOf(server->Pid());
  const double fleet_before = CpuSecondsOf(fleets);
  const std::int64_t begin = SteadyNanoseconds();
  if (!Submit(*client, order.tasks, deadline) ||
      !WaitFor([&] { return SumOf(fleets, &FleetBoard::acknowledged) == order.tasks; }, deadline)) {
    return too_late();
  }
  const double us_per_second = 1e6 / static_cast<double>(order.tasks);
  ThroughputFigures figures;
  figures.tasks = order.tasks;
  figures.seconds = static_cast<double>(LastAcknowledged(fleets) - begin) * 1e-9;
  figures.cpu_us_per_task = (CpuSecondsOf(server->Pid()) - server_before) * us_per_second;
  figures.fleet_us_per_task = (CpuSecondsOf(fleets) - fleet_before) * us_per_second;
  figures.memory_bytes = PeakMemoryOf(server->Pid());
  StopAll(fleets);
  return figures;
}

}  // namespace weft::bench
