#include "tests/benchmarks/farm/fleet.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

#include "coordinator/core/protocol.h"
#include "worker/agent/agent.h"

namespace weft::bench {
namespace {

constexpr int kSocketsMax = 20'000;
constexpr int kEventsMax = 256;

v1::Clip ClipOf(std::uint32_t frames) {
  v1::Clip clip;
  clip.set_frame_count(frames);
  for (v1::Size* size :
       {clip.mutable_source_size(), clip.mutable_size(), clip.mutable_padded_size()}) {
    size->set_width(64);
    size->set_height(64);
  }
  clip.set_vae_factor(1);
  clip.mutable_frame_rate()->set_numerator(25);
  clip.mutable_frame_rate()->set_denominator(1);
  clip.add_scene_starts(0);
  return clip;
}

void AddOutput(const v1::Task& task, const std::string& name, v1::TaskResult& result) {
  v1::Output& output = *result.add_outputs();
  output.set_name(name);
  output.mutable_blob()->set_key(task.output_prefix() + name);
  output.mutable_blob()->set_size_bytes(1);
  output.mutable_blob()->set_checksum(1);
}

// What a worker that did the task would say; the tasks are those of JobStream's jobs.
v1::ToCoordinator OutcomeOf(const v1::Task& task, std::uint32_t frames) {
  v1::ToCoordinator message;
  v1::TaskCompleted& completed = *message.mutable_task_completed();
  *completed.mutable_attempt() = task.attempt();
  v1::TaskResult& result = *completed.mutable_result();
  switch (task.attempt().task().stage()) {
    case v1::STAGE_PROBE:
      *result.mutable_clip() = ClipOf(frames);
      break;
    case v1::STAGE_DENOISE:
      AddOutput(task, "latents", result);
      break;
    case v1::STAGE_FINISH:
      AddOutput(task, "segment", result);
      break;
    default:
      break;
  }
  result.set_seconds(0);
  return message;
}

}  // namespace

std::int64_t SteadyNanoseconds() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Fleet::Fleet(const FleetOptions& options, FleetBoard& board)
    : options_(options), board_(board), events_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (events_ < 0) {
    throw std::runtime_error("epoll cannot be had");
  }
  context_.set(zmq::ctxopt::max_sockets, kSocketsMax);
  workers_.reserve(static_cast<std::size_t>(options.worker_count));
  for (int index = 0; index < options.worker_count; ++index) {
    Connect(index);
  }
  // Their turns are spread until they are welcomed, as those of workers that were started by hand.
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(workers_.size());
    workers_[i].spoke_ns = SteadyNanoseconds() - heartbeat_ns_ +
                           static_cast<std::int64_t>(part * static_cast<double>(heartbeat_ns_));
    workers_[i].turn = turns_.insert(turns_.end(), &workers_[i]);
    if (options.plain_sockets) {
      Drain(workers_[i]);  // It is connected already, which epoll says nothing of.
    }
  }
}

Fleet::~Fleet() {
  ::close(events_);
}

void Fleet::Connect(int index) {
  std::unique_ptr<WorkerLink> link = MakeLink();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = static_cast<std::uint64_t>(index);
  if (::epoll_ctl(events_, EPOLL_CTL_ADD, link->Descriptor(), &event) != 0) {
    throw std::runtime_error("epoll refuses a socket");
  }
  workers_.push_back({std::move(link), options_.name + "-" + std::to_string(index)});
}

std::unique_ptr<WorkerLink> Fleet::MakeLink() {
  if (options_.plain_sockets) {
    return MakePlainLink(options_.address, options_.curve);
  }
  zmq::socket_t socket(context_, zmq::socket_type::dealer);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::reconnect_ivl, options_.reconnect_first_ms);
  socket.set(zmq::sockopt::reconnect_ivl_max, options_.reconnect_max_ms);
  if (options_.curve.has_value()) {
    socket.set(zmq::sockopt::curve_publickey, options_.curve->keys.public_half);
    socket.set(zmq::sockopt::curve_secretkey, options_.curve->keys.secret_half);
    socket.set(zmq::sockopt::curve_serverkey, options_.curve->server);
  }
  socket.connect(options_.address);
  return MakeLibraryLink(std::move(socket));
}

void Fleet::Run() {
  std::array<epoll_event, kEventsMax> events{};
  while (!board_.stop) {
    const int count = ::epoll_wait(events_, events.data(), kEventsMax, options_.patience_ms);
    for (int i = 0; i < count; ++i) {
      Drain(workers_[events[static_cast<std::size_t>(i)].data.u64]);
    }
    if (holds_ && !board_.hold) {
      ReleaseHeld();
    }
    holds_ = board_.hold;
    BeatSome(SteadyNanoseconds());
  }
}

void Fleet::Drain(Worker& worker) {
  std::string_view message;
  while (worker.link->Next(message)) {
    if (heard_.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      Hear(worker, heard_);
    }
  }
  // The first sign of a connection is that it takes something.
  if (worker.welcomed_epoch == 0 && !worker.greeted) {
    worker.greeted = SayHello(worker);
  }
}

void Fleet::Hear(Worker& worker, const v1::FromCoordinator& message) {
  switch (message.body_case()) {
    case v1::FromCoordinator::kWorkerWelcome:
      return Hear(worker, message.worker_welcome());
    case v1::FromCoordinator::kAssignTask:
      return Hear(worker, message.assign_task());
    case v1::FromCoordinator::kOutcomeAcknowledged:
      return Hear(worker, message.outcome_acknowledged());
    case v1::FromCoordinator::kHelloRequired:
      SayHello(worker);
      return;
    default:
      return;
  }
}

void Fleet::Hear(Worker& worker, const v1::WorkerWelcome& welcome) {
  heartbeat_ns_ = std::int64_t{std::max(1U, welcome.heartbeat_ms())} * 1'000'000;
  if (welcome.epoch() > epoch_) {
    epoch_ = welcome.epoch();
    board_.welcomed = 0;
  }
  if (worker.welcomed_epoch != epoch_) {
    worker.welcomed_epoch = epoch_;
    ++board_.welcomed;
    TakeTurn(worker);
  }
  Report(worker);
}

void Fleet::TakeTurn(Worker& worker) {
  const Duration heartbeat(heartbeat_ns_ / 1'000'000);
  worker.spoke_ns = SteadyNanoseconds() - heartbeat_ns_ +
                    1'000'000 * worker::FirstHeartbeat({worker.name}, heartbeat).count();
  const auto later = std::find_if(turns_.begin(), turns_.end(), [&](const Worker* other) {
    return other != &worker && other->spoke_ns > worker.spoke_ns;
  });
  turns_.splice(later, turns_, worker.turn);
}

void Fleet::Hear(Worker& worker, const v1::AssignTask& assignment) {
  const v1::Task& task = assignment.task();
  if (worker.outcome.has_value()) {
    return;  // The same one again: the coordinator reminds a worker of what it said nothing about.
  }
  ++board_.assigned;
  if (task.attempt().number() > 1) {
    ++board_.repeated;
  }
  if (board_.first_assigned_ns == 0) {
    board_.first_assigned_ns = SteadyNanoseconds();
  }
  if (task.attempt().task().stage() == v1::STAGE_PROBE) {
    CountLatency(task);
  }
  worker.outcome = OutcomeOf(task, options_.frames);
  Report(worker);
}

void Fleet::Hear(Worker& worker, const v1::OutcomeAcknowledged& answer) {
  if (!worker.outcome.has_value()) {
    return;
  }
  const v1::AttemptId& attempt = worker.outcome->task_completed().attempt();
  if (attempt.task().chunk() != answer.attempt().task().chunk() ||
      attempt.task().stage() != answer.attempt().task().stage() ||
      attempt.task().job() != answer.attempt().task().job()) {
    return;
  }
  worker.outcome.reset();
  ++board_.acknowledged;
  board_.superseded += answer.superseded() ? 1 : 0;
  board_.jobs_done += answer.attempt().task().stage() == v1::STAGE_ASSEMBLE ? 1 : 0;
  board_.last_acknowledged_ns = SteadyNanoseconds();
}

void Fleet::CountLatency(const v1::Task& task) {
  const std::size_t index = board_.latency_count;
  if (index < FleetBoard::kLatenciesMax) {
    board_.latencies_ns.at(index) =
        SteadyNanoseconds() - static_cast<std::int64_t>(task.job().seed());
    board_.latency_count = index + 1;
  }
}

bool Fleet::SayHello(Worker& worker) {
  v1::ToCoordinator message;
  v1::WorkerHello& hello = *message.mutable_worker_hello();
  hello.set_protocol_min(coordinator::kProtocolMin);
  hello.set_protocol_max(coordinator::kProtocolMax);
  hello.set_worker(worker.name);
  hello.set_instance(1);
  hello.set_build("weft-bench");
  hello.set_device(options_.device);
  if (worker.outcome.has_value()) {
    *hello.add_running() = worker.outcome->task_completed().attempt();
  }
  return Send(worker, message);
}

void Fleet::Beat(Worker& worker) {
  if (worker.welcomed_epoch == 0) {
    worker.greeted = SayHello(worker);
    return;
  }
  v1::ToCoordinator message;
  v1::WorkerHeartbeat& heartbeat = *message.mutable_worker_heartbeat();
  if (worker.outcome.has_value()) {
    *heartbeat.add_running()->mutable_attempt() = worker.outcome->task_completed().attempt();
  }
  Send(worker, message);
  // An answer that was lost comes again; one that is on its way comes twice, and is dropped.
  Report(worker);
}

void Fleet::Report(Worker& worker) {
  if (worker.outcome.has_value()) {
    worker.held = board_.hold;
    if (!worker.held) {
      Send(worker, *worker.outcome);
    }
  }
}

void Fleet::ReleaseHeld() {
  for (Worker& worker : workers_) {
    if (worker.held) {
      Report(worker);
      Drain(worker);
    }
  }
}

void Fleet::BeatSome(std::int64_t now_ns) {
  // At most once each, even where nobody takes anything.
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *turns_.front();
    if (worker.spoke_ns + heartbeat_ns_ > now_ns) {
      return;
    }
    Beat(worker);
    Drain(worker);
  }
}

bool Fleet::Send(Worker& worker, const v1::ToCoordinator& message) {
  worker.spoke_ns = SteadyNanoseconds();
  turns_.splice(turns_.end(), turns_, worker.turn);
  message.SerializeToString(&bytes_);
  return worker.link->Send(bytes_);
}

}  // namespace weft::bench
