#include "tests/benchmarks/farm/measure_router.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <unistd.h>
#include <zmq.hpp>

#include "common/transport/zmq_transport.h"
#include "tests/benchmarks/farm/fleet_board.h"
#include "tests/benchmarks/farm/fleet_process.h"
#include "tests/benchmarks/farm/process_cost.h"
#include "tests/benchmarks/farm/server_process.h"
#include "tests/benchmarks/farm/worker_link.h"

namespace weft::bench {
namespace {

constexpr std::int64_t kPatienceNs = 600'000'000'000;
constexpr int kPatienceMs = 5;
constexpr int kEventsMax = 256;
constexpr int kBacklog = 4096;
// As the coordinator's are, of jobs as JobStream makes them: an outcome, and an assignment with the
// acknowledgement of the outcome before.
constexpr std::size_t kOutcomeBytes = 107;
constexpr std::size_t kAssignmentBytes = 218;

struct RouterPlace {
  std::string address;
  std::optional<CurveKeys> keys;  // The ROUTER's.
  std::uint64_t answers = 0;      // So many, and no more.
};

// Answers all that waits, so that it sends as much at once as it can.
void RunRouter(const RouterPlace& place, FleetBoard& board) {
  zmq::context_t context(1);
  zmq::socket_t router(context, zmq::socket_type::router);
  router.set(zmq::sockopt::linger, 0);
  router.set(zmq::sockopt::backlog, kBacklog);
  router.set(zmq::sockopt::sndhwm, 0);
  router.set(zmq::sockopt::rcvhwm, 0);
  router.set(zmq::sockopt::rcvtimeo, kPatienceMs);
  if (place.keys.has_value()) {
    router.set(zmq::sockopt::curve_server, true);
    router.set(zmq::sockopt::curve_publickey, place.keys->public_half);
    router.set(zmq::sockopt::curve_secretkey, place.keys->secret_half);
  }
  router.bind(place.address);
  const std::string assignment(kAssignmentBytes, 'a');
  std::vector<zmq::message_t> waiting;
  zmq::message_t peer;
  zmq::message_t outcome;
  while (!board.stop) {
    auto how = zmq::recv_flags::none;
    while (router.recv(peer, how) && router.recv(outcome)) {
      waiting.push_back(std::move(peer));
      how = zmq::recv_flags::dontwait;
    }
    const std::uint64_t left = place.answers - board.acknowledged;
    waiting.resize(std::min<std::size_t>(waiting.size(), left));
    for (zmq::message_t& worker : waiting) {
      router.send(worker, zmq::send_flags::sndmore);
      router.send(zmq::buffer(assignment));
    }
    if (!waiting.empty()) {
      board.last_acknowledged_ns = SteadyNanoseconds();
      board.acknowledged += waiting.size();
    }
    waiting.clear();
  }
}

void RunWorkers(const RouterPlace& place, int count, FleetBoard& board) {
  std::optional<CurveOptions> curve;
  if (place.keys.has_value()) {
    const Result<CurveKeys> own = MakeCurveKeys();
    if (!own) {
      throw std::runtime_error(own.error().message());
    }
    curve = CurveOptions{.keys = *own, .server = place.keys->public_half};
  }
  const int events = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<WorkerLink>> links;
  for (int i = 0; i < count; ++i) {
    links.push_back(MakePlainLink(place.address, curve));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = static_cast<std::uint64_t>(i);
    if (::epoll_ctl(events, EPOLL_CTL_ADD, links.back()->Descriptor(), &event) != 0) {
      throw std::runtime_error("epoll refuses a socket");
    }
    ++board.welcomed;
  }
  while (board.hold && !board.stop) {
    ::usleep(1000);
  }
  const std::string outcome(kOutcomeBytes, 'o');
  for (const auto& link : links) {
    link->Send(outcome);
  }
  std::array<epoll_event, kEventsMax> ready{};
  std::string_view assignment;
  while (!board.stop) {
    const int found = ::epoll_wait(events, ready.data(), kEventsMax, kPatienceMs);
    for (int i = 0; i < found; ++i) {
      WorkerLink& link = *links[ready.at(static_cast<std::size_t>(i)).data.u64];
      while (link.Next(assignment)) {
        link.Send(outcome);
      }
    }
  }
  ::close(events);
}

Status WaitFor(const std::function<bool()>& reached,
               const FleetBoard& router,
               const FleetBoard& workers) {
  constexpr useconds_t kPause = 500;
  const std::int64_t deadline = SteadyNanoseconds() + kPatienceNs;
  while (!reached()) {
    if (router.failed || workers.failed || SteadyNanoseconds() > deadline) {
      return Failure(ErrorCode::kUnavailable, "the ROUTER and its workers did not get there");
    }
    ::usleep(kPause);
  }
  return {};
}

}  // namespace

Result<ThroughputFigures> MeasureRouter(const FarmOrder& order) {
  WEFT_ASSIGN_OR_RETURN(const int port, FreePort());
  RouterPlace place{.address = "tcp://127.0.0.1:" + std::to_string(port),
                    .keys = std::nullopt,
                    .answers = order.tasks};
  if (order.curve) {
    WEFT_ASSIGN_OR_RETURN(place.keys, MakeCurveKeys());
  }
  WEFT_ASSIGN_OR_RETURN(
      const std::unique_ptr<FleetProcess> router,
      FleetProcess::Start([&place](FleetBoard& board) { RunRouter(place, board); }));
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<FleetProcess> workers,
                        FleetProcess::Start([&](FleetBoard& board) {
                          board.hold = true;
                          RunWorkers(place, order.workers, board);
                        }));
  const FleetBoard& answered = router->Board();
  FleetBoard& fleet = workers->Board();
  const std::int64_t opened = SteadyNanoseconds();
  const auto all = static_cast<std::uint32_t>(order.workers);
  WEFT_RETURN_IF_ERROR(WaitFor([&] { return fleet.welcomed == all; }, answered, fleet));
  const double router_before = router->CpuSeconds();
  const double fleet_before = workers->CpuSeconds();
  const std::int64_t begin = SteadyNanoseconds();
  fleet.hold = false;
  WEFT_RETURN_IF_ERROR(
      WaitFor([&] { return answered.acknowledged == order.tasks; }, answered, fleet));
  const double us_per_second = 1e6 / static_cast<double>(order.tasks);
  return ThroughputFigures{
      .tasks = order.tasks,
      .seconds = static_cast<double>(answered.last_acknowledged_ns - begin) * 1e-9,
      .connect_seconds = static_cast<double>(begin - opened) * 1e-9,
      .cpu_us_per_task = (router->CpuSeconds() - router_before) * us_per_second,
      .fleet_us_per_task = (workers->CpuSeconds() - fleet_before) * us_per_second,
      .memory_bytes = PeakMemoryOf(router->Pid())};
}

}  // namespace weft::bench
