#include "coordinator/core/worker_desk.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/error_wire.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/blob_need.h"
#include "coordinator/core/heartbeat_pace.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {
namespace {

v1::FromCoordinator& AddMessage(const PeerId& to, Effects& effects) {
  return effects.messages.emplace_back(Message{to, {}}).body;
}

void Refuse(const PeerId& peer, const std::string& reason, Effects& effects) {
  v1::WorkerRefused& refused = *AddMessage(peer, effects).mutable_worker_refused();
  refused.set_protocol_min(kProtocolMin);
  refused.set_protocol_max(kProtocolMax);
  refused.set_reason(reason);
  effects.notes.push_back({.level = Note::Level::kWarning, .text = "worker refused: " + reason});
}

void ShutDown(const PeerId& peer, const WorkerId& worker, Effects& effects) {
  AddMessage(peer, effects)
      .mutable_worker_shutdown()
      ->set_reason("a newer process speaks for worker " + worker.value);
}

// Why the hello cannot be served; nothing when it can.
std::optional<std::string> Objection(const v1::WorkerHello& hello) {
  if (hello.protocol_max() < kProtocolMin || hello.protocol_min() > kProtocolMax) {
    return "it speaks protocol " + std::to_string(hello.protocol_min()) + " to " +
           std::to_string(hello.protocol_max()) + ", the coordinator " +
           std::to_string(kProtocolMin) + " to " + std::to_string(kProtocolMax);
  }
  if (hello.worker().empty() || hello.instance() == 0) {
    return "its hello lacks its name or its instance";
  }
  return std::nullopt;
}

}  // namespace

void WorkerDesk::Hear(const PeerId& from,
                      const v1::WorkerHello& hello,
                      Time now,
                      Effects& effects) {
  if (const auto objection = Objection(hello); objection.has_value()) {
    Refuse(from, *objection, effects);
    return;
  }
  const Holder self{{hello.worker()}, {hello.instance()}};
  const auto greeting = floor_.workers.Greet({.self = self,
                                              .build = hello.build(),
                                              .peer = from,
                                              .capability = CapabilityOf(hello),
                                              .last_heard = now,
                                              .busy = hello.running_size() > 0,
                                              .leaving = hello.draining(),
                                              .warm = hello.warm_model()});
  if (greeting.fenced) {
    ShutDown(from, self.worker, effects);
    return;
  }
  if (greeting.replaced.has_value()) {
    ShutDown(*greeting.replaced, self.worker, effects);
  }
  effects.notes.push_back({.text = "worker is here: " + hello.device() + ", " + hello.build(),
                           .worker = hello.worker()});
  HearLegacy(self, hello, now, effects);
  attempts_.Fence(self, now, effects);
  Welcome(self, hello, now, effects);
}

void WorkerDesk::HearLegacy(const Holder& self,
                            const v1::WorkerHello& hello,
                            Time now,
                            Effects& effects) {
  for (const v1::AttemptId& wire : hello.finished()) {
    const Result<AttemptId> attempt = FromWire(wire);
    if (attempt) {
      attempts_.Inherit(*attempt, self, now, effects);
    }
  }
}

void WorkerDesk::Judge(const AttemptId& attempt, const Holder& self, Time now, Effects& effects) {
  if (!attempts_.IsPlausible(attempt, self)) {
    attempts_.Offend(self.worker,
                     "attempt " + std::to_string(attempt.number) + " at " + Name(attempt.task) +
                         " of job " + attempt.task.job.value + " in epoch " +
                         std::to_string(attempt.epoch),
                     now, effects);
  }
}

void WorkerDesk::Welcome(const Holder& self,
                         const v1::WorkerHello& hello,
                         Time now,
                         Effects& effects) {
  v1::WorkerWelcome welcome = TellPace(self.worker);
  std::vector<AttemptId> mentioned;
  for (const v1::AttemptId& wire : hello.running()) {
    const Result<AttemptId> attempt = FromWire(wire);
    if (attempt) {
      mentioned.push_back(*attempt);
    }
    if (!attempt || !attempts_.Renew(*attempt, self, 0, now)) {
      *welcome.add_abandon() = wire;
    }
  }
  floor_.workers.SetBusy(self.worker, hello.running_size() > 0 || HoldsAny(floor_, self.worker));
  const Worker& worker = *floor_.workers.Find(self.worker);
  *AddMessage(worker.peer, effects).mutable_worker_welcome() = std::move(welcome);
  attempts_.Remind(worker, mentioned, now, effects);
}

v1::WorkerWelcome WorkerDesk::TellPace(const WorkerId& worker) {
  static_assert(kProtocolMin == kProtocolMax, "a welcome must know what its worker speaks");
  const Duration pace = HeartbeatPace(floor_.workers.size(), floor_.options);
  floor_.workers.SetHeartbeat(worker, pace);
  v1::WorkerWelcome welcome;
  welcome.set_protocol(kProtocolMax);
  welcome.set_epoch(floor_.epoch);
  welcome.set_heartbeat_ms(static_cast<std::uint32_t>(pace.count()));
  welcome.set_silence_ms(static_cast<std::uint32_t>(floor_.workers.Silence().count()));
  welcome.set_bulk_address(floor_.options.bulk_address);
  return welcome;
}

void WorkerDesk::Hear(const PeerId& from,
                      const v1::WorkerHeartbeat& beat,
                      Time now,
                      Effects& effects) {
  const auto self = Recognize(from, now, effects);
  if (!self.has_value()) {
    return;
  }
  google::protobuf::RepeatedPtrField<v1::AttemptId> abandon;
  std::vector<AttemptId> mentioned;
  for (const v1::RunningAttempt& running : beat.running()) {
    const Result<AttemptId> attempt = FromWire(running.attempt());
    if (attempt) {
      mentioned.push_back(*attempt);
      Judge(*attempt, *self, now, effects);
    }
    if (!attempt ||
        !attempts_.Renew(*attempt, *self, static_cast<double>(running.fraction()), now)) {
      *abandon.Add() = running.attempt();
    }
  }
  const Worker& worker = *floor_.workers.Find(self->worker);
  v1::FromCoordinator& answer = AddMessage(from, effects);
  if (worker.heartbeat == HeartbeatPace(floor_.workers.size(), floor_.options)) {
    *answer.mutable_worker_verdict()->mutable_abandon() = std::move(abandon);
  } else {
    *answer.mutable_worker_welcome() = TellPace(self->worker);
    *answer.mutable_worker_welcome()->mutable_abandon() = std::move(abandon);
  }
  // What was assigned two heartbeats ago must have arrived by now.
  attempts_.Remind(worker, mentioned, now - 2 * worker.heartbeat, effects);
  floor_.workers.SetLeaving(self->worker, beat.draining());
  if (beat.has_warm_model()) {
    floor_.workers.SetWarm(self->worker, beat.warm_model());
  }
  // A worker that still works on what it lost its lease on is not idle yet.
  floor_.workers.SetBusy(self->worker, beat.running_size() > 0 || HoldsAny(floor_, self->worker));
}

void WorkerDesk::Hear(const PeerId& from,
                      const v1::TaskCompleted& outcome,
                      const std::optional<std::string>& lie,
                      Time now,
                      Effects& effects) {
  const auto self = Recognize(from, now, effects);
  if (!self.has_value()) {
    return;
  }
  const Result<AttemptId> attempt = FromWire(outcome.attempt());
  if (attempt) {
    Judge(*attempt, *self, now, effects);
  }
  const auto verdict =
      attempt ? attempts_.Complete({*attempt, *self, outcome.result(), lie}, now, effects)
              : AttemptLife::Verdict::kSuperseded;
  if (attempt && !IsNeeded(*attempt, floor_)) {
    effects.drops.push_back(OutputPrefix(*attempt));  // It came too late: all of it is there now.
  }
  Acknowledge(from, outcome.attempt(), verdict, effects);
  floor_.workers.SetBusy(self->worker, HoldsAny(floor_, self->worker));
}

void WorkerDesk::Hear(const PeerId& from,
                      const v1::TaskFailed& outcome,
                      Time now,
                      Effects& effects) {
  const auto self = Recognize(from, now, effects);
  if (!self.has_value()) {
    return;
  }
  const Result<AttemptId> attempt = FromWire(outcome.attempt());
  const Error error = FromWire(outcome.error());
  // What is held back goes on once somebody has given the disk room; so does this.
  const bool lacks_room = floor_.held.has_value() && error.code() == ErrorCode::kNoSpace;
  const AttemptLife::Failure failure{lacks_room ? FailureClass::kBusy : Classify(error.code()),
                                     error, outcome.log()};
  if (attempt) {
    Judge(*attempt, *self, now, effects);
  }
  const auto verdict = attempt ? attempts_.Fail(*attempt, *self, failure, now, effects)
                               : AttemptLife::Verdict::kSuperseded;
  if (attempt && !IsNeeded(*attempt, floor_)) {
    effects.drops.push_back(OutputPrefix(*attempt));  // What it has stored by then.
  }
  Acknowledge(from, outcome.attempt(), verdict, effects);
  // A worker that withdraws is about to leave; its next heartbeat would say otherwise.
  const bool withdraws = failure.kind == FailureClass::kWithdrawn;
  floor_.workers.SetBusy(self->worker, withdraws || HoldsAny(floor_, self->worker));
}

void WorkerDesk::Hear(const PeerId& from,
                      const v1::WorkerGoodbye& /*goodbye*/,
                      Time now,
                      Effects& effects) {
  const auto self = Recognize(from, now, effects);
  if (!self.has_value()) {
    return;
  }
  attempts_.Withdraw(*self, now, effects);
  floor_.workers.Leave(from);
  effects.notes.push_back({.text = "worker said goodbye", .worker = self->worker.value});
}

void WorkerDesk::Hear(const PeerId& from, const v1::DrainWorker& request, Effects& effects) {
  const WorkerId worker{request.worker()};
  const bool drains = !request.undo();
  if (floor_.workers.IsBarred(worker, WorkerTable::Bar::kDrained) != drains) {
    floor_.workers.SetBarred(worker, WorkerTable::Bar::kDrained, drains);
    v1::WorkerRecord record;
    record.set_worker(worker.value);
    record.set_drained(drains);
    effects.records.push_back(ToRecord(std::move(record)));
    effects.notes.push_back({.text = drains ? "worker is drained" : "worker is given tasks again",
                             .worker = worker.value});
  }
  v1::WorkerDrained& answer = *AddMessage(from, effects).mutable_worker_drained();
  answer.set_worker(worker.value);
  answer.set_draining(drains);
  answer.set_is_away(floor_.workers.Find(worker) == nullptr);
}

void WorkerDesk::Leave(const PeerId& peer, Effects& effects) {
  const Worker* worker = floor_.workers.OfPeer(peer);
  if (worker != nullptr) {
    effects.notes.push_back({.level = Note::Level::kWarning,
                             .text = "worker cannot be reached",
                             .worker = worker->self.worker.value});
    floor_.workers.Leave(peer);
  }
}

void WorkerDesk::DropSilent(Time now, Effects& effects) {
  for (const Worker& worker : floor_.workers.DropSilent(now)) {
    effects.notes.push_back({.level = Note::Level::kWarning,
                             .text = "worker is silent",
                             .worker = worker.self.worker.value});
  }
}

std::optional<Holder> WorkerDesk::Recognize(const PeerId& from, Time now, Effects& effects) {
  const Worker* worker = floor_.workers.OfPeer(from);
  if (worker == nullptr) {
    AddMessage(from, effects).mutable_hello_required();
    return std::nullopt;
  }
  if (!floor_.conduct.Admit(worker->self.worker, now)) {
    attempts_.SetAside(worker->self.worker, "it floods the coordinator with messages", now,
                       effects);
    return std::nullopt;
  }
  floor_.workers.Hear(from, now);
  return worker->self;
}

void WorkerDesk::Acknowledge(const PeerId& to,
                             const v1::AttemptId& attempt,
                             AttemptLife::Verdict verdict,
                             Effects& effects) {
  v1::OutcomeAcknowledged& answer = *AddMessage(to, effects).mutable_outcome_acknowledged();
  *answer.mutable_attempt() = attempt;
  answer.set_superseded(verdict == AttemptLife::Verdict::kSuperseded);
  if (answer.superseded()) {
    ++floor_.totals.outcomes_superseded;
    effects.notes.push_back({.level = Note::Level::kWarning,
                             .text = "superseded outcome dropped",
                             .job = attempt.task().job(),
                             .worker = floor_.workers.OfPeer(to)->self.worker.value});
  }
}

}  // namespace weft::coordinator
