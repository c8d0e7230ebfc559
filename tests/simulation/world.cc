#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>

namespace weft::simulation {
namespace {

// After the last fault, no job may go on for so long without a task's result; nor, with results,
// for so long in all.
constexpr Duration kPatience{3'600'000};
constexpr Duration kPatienceInAll{24 * 3'600'000};

const PeerId kOperator{"operator"};

std::string Summary(const google::protobuf::Message& message) {
  constexpr std::size_t kLengthMax = 160;
  std::string text = message.ShortDebugString();
  if (text.size() > kLengthMax) {
    text = text.substr(0, kLengthMax) + "...";
  }
  return text;
}

}  // namespace

World::World(const Scenario& scenario, bool traces)
    : scenario_(scenario),
      audit_(timeline_, disk_, traces),
      site_{scenario, audit_, blobs_},
      host_({scenario, timeline_, disk_, blobs_, audit_},
            [this](const coordinator::Message& message) { return Send(message); }) {
  for (std::uint32_t i = 0; i < scenario.worker_count; ++i) {
    const std::string name = "worker-" + std::to_string(i);
    seats_.push_back({name, Link(scenario.seed, name + " up", scenario.noisy),
                      Link(scenario.seed, name + " down", scenario.noisy)});
  }
  for (const simulation::Order& order : scenario.orders) {
    clients_.emplace_back(order.token, order.spec, order.terms);
    client_links_.emplace_back(scenario.seed, order.token + " up", scenario.noisy);
    client_links_.emplace_back(scenario.seed, order.token + " down", scenario.noisy);
  }
}

Report World::Run() {
  host_.Start();
  for (Seat& seat : seats_) {
    StartProcess(seat);
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    timeline_.Plan(scenario_.orders[i].delay, [this, i] { LiveClient(i); });
  }
  LiveOperator();
  for (const Fault& fault : scenario_.faults) {
    timeline_.Plan(fault.at - timeline_.Now(), [this, &fault] { Strike(fault); });
  }
  timeline_.Plan(scenario_.calm - timeline_.Now(), [this] { CalmDown(); });
  Report report;
  report.steps = StepToTheEnd();
  if (audit_.Found().empty() && host_.Farm() != nullptr) {
    host_.Sweep();
    audit_.AtTheEnd(host_.Farm()->State(), blobs_);
  }
  report.breach = audit_.Found();
  report.trace = audit_.Lines();
  for (const coordinator::ModelClient& client : clients_) {
    report.jobs_ended += client.end().has_value() ? 1 : 0;
    report.jobs_done +=
        client.end().has_value() && client.end()->state() == v1::JOB_STATE_DONE ? 1 : 0;
  }
  return report;
}

std::uint64_t World::StepToTheEnd() {
  std::uint64_t steps = 0;
  Time deadline = scenario_.calm + kPatience;
  for (std::size_t results = 0; audit_.Found().empty() && !AllEnded() && timeline_.Now() < deadline;
       ++steps) {
    timeline_.Step();
    if (audit_.Results() != results) {
      results = audit_.Results();
      deadline = std::min(std::max(deadline, timeline_.Now() + kPatience),
                          scenario_.calm + kPatienceInAll);
    }
  }
  if (audit_.Found().empty() && !AllEnded()) {
    audit_.Breach("a job did not end");
  }
  return steps;
}

void World::StartProcess(Seat& seat) {
  auto process = std::make_shared<Process>(site_, seat.worker, ++instances_, seat.installed.version,
                                           &seat == &seats_.front());
  seat.processes.push_back(process);
  seat.peers[process.get()] = process->Name() + "@" + std::to_string(++connections_);
  audit_.Trace(process->Name() + " of version " + std::to_string(process->Version()) + " starts");
  Live(seat, process);
}

void World::EndProcess(Seat& seat, const Process& process) {
  audit_.Trace(process.Name() + " ends");
  seat.peers.erase(&process);
  seat.processes.erase(std::remove_if(seat.processes.begin(), seat.processes.end(),
                                      [&](const auto& other) { return other.get() == &process; }),
                       seat.processes.end());
}

void World::Live(Seat& seat, const std::shared_ptr<Process>& process) {
  const Time now = timeline_.Now();
  if (seat.peers.count(process.get()) == 0) {
    return;  // It has died.
  }
  if (now >= process->hung_until) {
    Say(seat, *process, process->Live(now));
  }
  if (process->Exited()) {
    EndProcess(seat, *process);
    // Its supervisor starts it again.
    timeline_.Plan(Duration(3000), [this, &seat] {
      if (seat.processes.empty()) {
        StartProcess(seat);
      }
    });
    return;
  }
  if (process->planned.has_value() && *process->planned > now &&
      *process->planned <= process->NextWakeup()) {
    return;
  }
  process->planned = std::max(process->NextWakeup(), now + Duration(1));
  timeline_.Plan(*process->planned - now, [this, &seat, process] { Live(seat, process); });
}

void World::Say(Seat& seat, const Process& process, std::vector<v1::ToCoordinator> messages) {
  const PeerId peer{seat.peers.at(&process)};
  for (v1::ToCoordinator& message : messages) {
    if (audit_.Traces()) {
      audit_.Trace(process.Name() + " says " + Summary(message));
    }
    const auto shared = std::make_shared<const v1::ToCoordinator>(std::move(message));
    for (const Duration delay : seat.up.Carry(timeline_.Now())) {
      timeline_.Plan(delay, [this, peer, shared, version = process.Version()] {
        host_.Arrive(peer, *shared, version);
      });
    }
  }
}

void World::Hear(Seat& seat,
                 const std::shared_ptr<Process>& process,
                 const std::shared_ptr<const v1::FromCoordinator>& message) {
  if (seat.peers.count(process.get()) == 0) {
    return;
  }
  const Time now = timeline_.Now();
  if (now < process->hung_until) {  // It waits in the socket.
    timeline_.Plan(process->hung_until - now,
                   [this, &seat, process, message] { Hear(seat, process, message); });
    return;
  }
  if (audit_.Traces()) {
    audit_.Trace(process->Name() + " hears " + Summary(*message));
  }
  Say(seat, *process, process->Feed(worker::Heard{*message}, now));
  Live(seat, process);
}

bool World::Send(const coordinator::Message& message) {
  for (Seat& seat : seats_) {
    for (const std::shared_ptr<Process>& process : seat.processes) {
      if (seat.peers.at(process.get()) != message.to.value) {
        continue;
      }
      const auto shared = std::make_shared<const v1::FromCoordinator>(message.Whole());
      for (const Duration delay : seat.down.Carry(timeline_.Now())) {
        timeline_.Plan(delay, [this, &seat, process, shared] { Hear(seat, process, shared); });
      }
      return true;
    }
  }
  return SendToClient(message);
}

bool World::SendToClient(const coordinator::Message& message) {
  if (message.to == kOperator) {
    const v1::WorkerDrained& answer = message.body.worker_drained();
    const auto wish = drains_.find(answer.worker());
    if (wish != drains_.end() && wish->second == answer.draining()) {
      drains_.erase(wish);
    }
    return true;
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].Peer() != message.to) {
      continue;
    }
    const auto shared = std::make_shared<const v1::FromCoordinator>(message.Whole());
    for (const Duration delay : client_links_[2 * i + 1].Carry(timeline_.Now())) {
      timeline_.Plan(delay, [this, i, shared] {
        clients_[i].Hear(*shared);
        if (!clients_[i].Complaint().empty()) {
          audit_.Breach("client: " + clients_[i].Complaint());
        }
      });
    }
    return true;
  }
  return false;
}

void World::LiveClient(std::size_t index) {
  const PeerId peer = clients_[index].Peer();
  for (const v1::ToCoordinator& message : clients_[index].Live()) {
    const auto shared = std::make_shared<const v1::ToCoordinator>(message);
    for (const Duration delay : client_links_[2 * index].Carry(timeline_.Now())) {
      timeline_.Plan(delay, [this, peer, shared] { host_.Arrive(peer, *shared); });
    }
  }
  timeline_.Plan(Duration(3000), [this, index] { LiveClient(index); });
}

void World::Strike(const Fault& fault) {
  audit_.Trace("FAULT " + Describe(fault));
  const Time end = timeline_.Now() + fault.span;
  switch (fault.kind) {
    case Fault::Kind::kKillCoordinator:
      return host_.Kill(fault);
    case Fault::Kind::kFillDisk:
      return host_.FillDiskUntil(end);
    case Fault::Kind::kStorm:
      for (Seat& seat : seats_) {
        seat.up.StormUntil(end);
        seat.down.StormUntil(end);
      }
      for (Link& link : client_links_) {
        link.StormUntil(end);
      }
      return;
    case Fault::Kind::kCancelJob:
      return clients_[fault.seat % clients_.size()].Cancel();
    case Fault::Kind::kDropResult:
      return clients_[fault.seat % clients_.size()].DropResult();
    case Fault::Kind::kForgetJob:
      return clients_[fault.seat % clients_.size()].Forget();
    case Fault::Kind::kPauseJob: {
      coordinator::ModelClient& client = clients_[fault.seat % clients_.size()];
      client.Pause(true);
      return timeline_.Plan(fault.span, [&client] { client.Pause(false); });
    }
    case Fault::Kind::kLoseOutputs:
      return host_.LoseOutputs(fault);
    case Fault::Kind::kReplaceVersion:
      return ReplaceVersion(fault);
    default:
      return StrikeSeat(fault, seats_[fault.seat % seats_.size()]);
  }
}

void World::ReplaceVersion(const Fault& fault) {
  const Duration pause = fault.span / 2;
  Random random(fault.detail, "moments");
  const auto moment = [&] { return random.Between(0, (fault.span - pause).count()); };
  timeline_.Plan(moment(), [this, &fault, pause] { host_.Replace(fault, pause); });
  for (Seat& seat : seats_) {
    timeline_.Plan(moment(), [this, &fault, &seat, pause] {
      seat.installed.Install(fault);
      if (!seat.processes.empty()) {
        EndProcess(seat, *std::shared_ptr<Process>(seat.processes.back()));
        timeline_.Plan(pause, [this, &seat] { StartProcess(seat); });
      }
    });
  }
}

void World::StrikeSeat(const Fault& fault, Seat& seat) {
  const Time end = timeline_.Now() + fault.span;
  if (fault.kind == Fault::Kind::kPartition || fault.kind == Fault::Kind::kHalfOpenIn) {
    seat.up.CloseUntil(end);
  }
  if (fault.kind == Fault::Kind::kPartition || fault.kind == Fault::Kind::kHalfOpenOut) {
    seat.down.CloseUntil(end);
  }
  if (fault.kind == Fault::Kind::kDrainWorker) {
    drains_[seat.worker] = true;
    timeline_.Plan(fault.span, [this, &seat] { drains_[seat.worker] = false; });
  }
  if (!seat.processes.empty()) {
    const std::shared_ptr<Process> process = seat.processes.back();
    StrikeProcess(fault, seat, process);
  }
}

void World::StrikeProcess(const Fault& fault, Seat& seat, const std::shared_ptr<Process>& process) {
  const Time end = timeline_.Now() + fault.span;
  if (fault.kind == Fault::Kind::kKillWorker) {
    EndProcess(seat, *process);
    timeline_.Plan(fault.span, [this, &seat] { StartProcess(seat); });
  } else if (fault.kind == Fault::Kind::kHangWorker || fault.kind == Fault::Kind::kTwinWorker) {
    process->hung_until = end;
  }
  if (fault.kind == Fault::Kind::kTwinWorker) {
    StartProcess(seat);
  } else if (fault.kind == Fault::Kind::kCutConnection) {
    seat.peers[process.get()] = process->Name() + "@" + std::to_string(++connections_);
  } else if (fault.kind == Fault::Kind::kLeaveWorker) {
    AskToLeave(seat, process, worker::DrainAsked{});
    timeline_.Plan(fault.span,
                   [this, &seat, process] { AskToLeave(seat, process, worker::StopAsked{}); });
  } else if (fault.kind == Fault::Kind::kLie) {
    Lie(seat, *process, fault.detail);
  }
}

void World::AskToLeave(Seat& seat,
                       const std::shared_ptr<Process>& process,
                       const worker::AgentEvent& event) {
  const bool alive = seat.peers.count(process.get()) > 0;
  if (alive && timeline_.Now() >= process->hung_until) {
    Say(seat, *process, process->Feed(event, timeline_.Now()));
    Live(seat, process);
  }
}

// Thrice each: results of an unknown job; results of a real job in an epoch that never was; a task
// that is done before it is; or one flood of heartbeats.
void World::Lie(Seat& seat, const Process& process, std::uint32_t detail) {
  constexpr int kFlood = 1000;
  std::vector<v1::ToCoordinator> lies;
  for (int i = 0; i < 3; ++i) {
    v1::AttemptId& attempt = *lies.emplace_back().mutable_task_completed()->mutable_attempt();
    const std::string job = clients_[detail % clients_.size()].Job();
    attempt.mutable_task()->set_job(detail % 2 == 0 || job.empty() ? "j-nobody" : job);
    attempt.mutable_task()->set_stage(v1::STAGE_PROBE);
    attempt.set_number(1);
    attempt.set_epoch(1'000'000);
  }
  const auto early = process.LieAboutTask();
  if (detail % 5 > 1 && early.has_value()) {
    lies.assign(lies.size(), *early);
  }
  if (detail % 3 == 0) {
    lies.assign(kFlood, {});
    for (v1::ToCoordinator& lie : lies) {
      lie.mutable_worker_heartbeat();
    }
  }
  audit_.OnLiar(seat.worker);
  Say(seat, process, std::move(lies));
}

void World::LiveOperator() {
  for (const auto& [worker, drains] : drains_) {
    v1::ToCoordinator message;
    message.mutable_drain_worker()->set_worker(worker);
    message.mutable_drain_worker()->set_undo(!drains);
    host_.Arrive(kOperator, message);
  }
  timeline_.Plan(Duration(2000), [this] { LiveOperator(); });
}

void World::CalmDown() {
  audit_.Trace("calm");
  for (Seat& seat : seats_) {
    if (seat.processes.empty()) {
      StartProcess(seat);
    }
  }
}

bool World::AllEnded() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client.IsContent(); });
}

}  // namespace weft::simulation
