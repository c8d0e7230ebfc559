#include "worker/agent/agent.h"

#include <algorithm>
#include <utility>

#include "common/checksum.h"
#include "common/utf8.h"
#include "common/wire/error_wire.h"
#include "common/wire/ids_wire.h"

namespace weft::worker {
namespace {

constexpr std::uint32_t kProtocolMin = 10;
constexpr std::uint32_t kProtocolMax = 10;

const v1::AttemptId& AttemptOf(const v1::ToCoordinator& outcome) {
  return outcome.has_task_completed() ? outcome.task_completed().attempt()
                                      : outcome.task_failed().attempt();
}

bool Same(const v1::AttemptId& wire, const AttemptId& attempt) {
  const Result<AttemptId> parsed = FromWire(wire);
  return parsed && *parsed == attempt;
}

}  // namespace

Duration FirstHeartbeat(const WorkerId& worker, Duration heartbeat) {
  const auto most = static_cast<std::uint64_t>(std::max<Duration::rep>(heartbeat.count(), 1));
  return Duration(static_cast<Duration::rep>(1 + Xxh3(worker.value) % most));
}

AgentEffects Agent::Handle(const AgentEvent& event, Time now) {
  AgentEffects effects;
  if (left_) {
    return effects;
  }
  std::visit([&](const auto& what) { On(what, now, &effects); }, event);
  LeaveIfDone(&effects);
  left_ = effects.exit;
  return effects;
}

void Agent::On(const Heard& heard, Time now, AgentEffects* effects) {
  last_heard_ = now;
  const v1::FromCoordinator& message = heard.message;
  switch (message.body_case()) {
    case v1::FromCoordinator::kWorkerWelcome:
      return OnWelcome(message.worker_welcome(), now, effects);
    case v1::FromCoordinator::kWorkerRefused:
      effects->exit = true;
      effects->exit_error = Error(ErrorCode::kUnsupported, "the coordinator refused this worker: " +
                                                               message.worker_refused().reason());
      return;
    case v1::FromCoordinator::kAssignTask:
      return OnAssign(message.assign_task(), now, effects);
    case v1::FromCoordinator::kWorkerVerdict:
      return AbandonAny(message.worker_verdict().abandon(), effects);
    case v1::FromCoordinator::kOutcomeAcknowledged:
      return OnAcknowledged(message.outcome_acknowledged(), effects);
    case v1::FromCoordinator::kHelloRequired:
      return SayHello(now, effects);
    case v1::FromCoordinator::kWorkerShutdown:
      effects->notes.push_back("asked to leave: " + message.worker_shutdown().reason());
      return On(StopAsked{}, now, effects);
    default:
      effects->notes.emplace_back("a message of a kind that this version does not know");
  }
}

void Agent::OnWelcome(const v1::WorkerWelcome& welcome, Time now, AgentEffects* effects) {
  const bool was_welcomed = std::exchange(welcomed_, true);
  heartbeat_ = Duration(std::max(1U, welcome.heartbeat_ms()));
  silence_ = Duration(std::max(1U, welcome.silence_ms()));
  effects->bulk_address = welcome.bulk_address();
  // Who is welcomed again is only told another pace.
  wakeup_ = now + (was_welcomed ? heartbeat_ : FirstHeartbeat(identity_.worker, heartbeat_));
  AbandonAny(welcome.abandon(), effects);
  for (const v1::ToCoordinator& outcome : outbox_) {
    effects->messages.push_back(outcome);
  }
}

void Agent::OnAssign(const v1::AssignTask& assign, Time now, AgentEffects* effects) {
  const Result<AttemptId> attempt = FromWire(assign.task().attempt());
  if (!attempt) {
    effects->notes.push_back("dropped an assignment: " + attempt.error().message());
    return;
  }
  if (Knows(*attempt)) {
    return;  // A repeated message.
  }
  if (running_ || stopping_ || draining_) {
    v1::ToCoordinator busy;
    *busy.mutable_task_failed()->mutable_attempt() = assign.task().attempt();
    *busy.mutable_task_failed()->mutable_error() =
        ToWire(Error(ErrorCode::kCancelled,
                     stopping_ || draining_ ? "the worker is leaving" : "the worker is busy"));
    return Report(std::move(busy), now, effects);
  }
  running_ = Running{*attempt};
  effects->start = assign.task();
}

bool Agent::Knows(const AttemptId& attempt) const {
  const bool told = std::any_of(outbox_.begin(), outbox_.end(), [&](const auto& outcome) {
    return Same(AttemptOf(outcome), attempt);
  });
  return told || (running_ && running_->attempt == attempt) ||
         std::find(finished_.begin(), finished_.end(), attempt) != finished_.end();
}

void Agent::OnAcknowledged(const v1::OutcomeAcknowledged& acknowledged, AgentEffects* effects) {
  const Result<AttemptId> attempt = FromWire(acknowledged.attempt());
  if (!attempt) {
    return;
  }
  if (acknowledged.superseded()) {
    effects->notes.push_back(Name(attempt->task) + ": the outcome came too late and was dropped");
  }
  const auto told = std::find_if(outbox_.begin(), outbox_.end(), [&](const auto& outcome) {
    return Same(AttemptOf(outcome), *attempt);
  });
  if (told == outbox_.end()) {
    return;
  }
  if (told->has_task_completed()) {
    effects->forget.push_back(*attempt);
  }
  outbox_.erase(told);
  constexpr std::size_t kFinishedMax = 64;  // More than any late message could be about.
  finished_.push_back(*attempt);
  if (finished_.size() > kFinishedMax) {
    finished_.pop_front();
  }
}

void Agent::AbandonAny(const google::protobuf::RepeatedPtrField<v1::AttemptId>& attempts,
                       AgentEffects* effects) {
  for (const v1::AttemptId& attempt : attempts) {
    if (running_ && !running_->abandoned && Same(attempt, running_->attempt)) {
      running_->abandoned = true;
      effects->abandon = true;
      effects->notes.push_back(Name(running_->attempt.task) + ": no longer ours, stopping it");
    }
  }
}

void Agent::On(const TaskMoved& moved, Time /*now*/, AgentEffects* /*effects*/) {
  if (running_ && running_->attempt == moved.attempt) {
    running_->fraction = moved.fraction;
  }
}

void Agent::On(const TaskSucceeded& succeeded, Time now, AgentEffects* effects) {
  running_.reset();
  v1::ToCoordinator outcome;
  *outcome.mutable_task_completed()->mutable_attempt() = ToWire(succeeded.attempt);
  *outcome.mutable_task_completed()->mutable_result() = succeeded.result;
  effects->keep = outcome;
  Report(std::move(outcome), now, effects);
}

void Agent::On(const TaskErred& erred, Time now, AgentEffects* effects) {
  running_.reset();
  v1::ToCoordinator outcome;
  *outcome.mutable_task_failed()->mutable_attempt() = ToWire(erred.attempt);
  *outcome.mutable_task_failed()->mutable_error() = ToWire(erred.error);
  outcome.mutable_task_failed()->set_log(ValidUtf8(erred.log));
  Report(std::move(outcome), now, effects);
}

void Agent::On(const ModelChanged& changed, Time now, AgentEffects* effects) {
  warm_model_ = changed.key;
  if (welcomed_) {
    SayHeartbeat(now, effects);  // Before the outcome, after which it is given its next task.
  }
}

void Agent::On(const OutcomeFound& found, Time /*now*/, AgentEffects* effects) {
  if (!found.outcome.has_task_completed() || !FromWire(AttemptOf(found.outcome))) {
    effects->notes.emplace_back("dropped an outcome of an earlier life that makes no sense");
    return;
  }
  outbox_.push_back(found.outcome);
}

void Agent::On(const OutcomeRefused& refused, Time now, AgentEffects* effects) {
  const Result<AttemptId> attempt = FromWire(AttemptOf(refused.outcome));
  if (!attempt) {
    return;
  }
  const auto told = std::find_if(outbox_.begin(), outbox_.end(), [&](const auto& outcome) {
    return Same(AttemptOf(outcome), *attempt);
  });
  if (told == outbox_.end()) {
    return;
  }
  const Error why = refused.error.Within("its outcome cannot be told");
  effects->notes.push_back(Name(attempt->task) + ": " + why.message());
  // A result is as long at every other try; a failure is only told in other words.
  constexpr std::size_t kWordsMax = 1000;
  const bool succeeded = told->has_task_completed();
  const Error failure = FromWire(told->task_failed().error());
  const ErrorCode code = succeeded ? why.code() : failure.code();
  const std::string words =
      succeeded ? why.message()
                : why.message() + ": " + std::string(FirstBytes(failure.message(), kWordsMax));
  if (succeeded) {
    effects->forget.push_back(*attempt);
  }
  outbox_.erase(told);
  v1::ToCoordinator failed;
  *failed.mutable_task_failed()->mutable_attempt() = ToWire(*attempt);
  *failed.mutable_task_failed()->mutable_error() = ToWire(Error(code, words));
  Report(std::move(failed), now, effects);
}

void Agent::On(const DrainAsked& /*drain*/, Time now, AgentEffects* effects) {
  draining_ = true;
  if (welcomed_ && (running_ || !outbox_.empty())) {
    SayHeartbeat(now, effects);  // So that nothing more is assigned.
  }
}

void Agent::On(const StopAsked& /*stop*/, Time /*now*/, AgentEffects* effects) {
  stopping_ = true;
  if (running_ && !running_->abandoned) {
    running_->abandoned = true;
    effects->abandon = true;
  }
}

void Agent::On(const Tick& /*tick*/, Time now, AgentEffects* effects) {
  if (now < wakeup_) {
    return;
  }
  if (!welcomed_ || now - last_heard_ >= silence_) {
    return SayHello(now, effects);
  }
  SayHeartbeat(now, effects);
}

void Agent::SayHeartbeat(Time now, AgentEffects* effects) {
  wakeup_ = now + heartbeat_;
  v1::ToCoordinator message;
  v1::WorkerHeartbeat& heartbeat = *message.mutable_worker_heartbeat();
  heartbeat.set_draining(draining_ || stopping_);
  heartbeat.set_warm_model(warm_model_);
  if (running_) {
    v1::RunningAttempt& running = *heartbeat.add_running();
    *running.mutable_attempt() = ToWire(running_->attempt);
    running.set_fraction(static_cast<float>(running_->fraction));
  }
  effects->messages.push_back(std::move(message));
  for (const v1::ToCoordinator& outcome : outbox_) {
    effects->messages.push_back(outcome);
  }
}

void Agent::SayHello(Time now, AgentEffects* effects) {
  welcomed_ = false;
  wakeup_ = now + heartbeat_;
  v1::ToCoordinator message;
  v1::WorkerHello& hello = *message.mutable_worker_hello();
  hello.set_protocol_min(kProtocolMin);
  hello.set_protocol_max(kProtocolMax);
  hello.set_worker(identity_.worker.value);
  hello.set_instance(identity_.instance.value);
  hello.set_build(identity_.build);
  hello.set_device(identity_.device);
  hello.set_device_memory_bytes(identity_.device_memory_bytes);
  for (const v1::DataType type : identity_.data_types) {
    hello.add_data_types(type);
  }
  for (const std::string& tag : identity_.tags) {
    hello.add_tags(tag);
  }
  hello.set_numeric_class(identity_.numeric_class);
  hello.set_draining(draining_ || stopping_);
  hello.set_warm_model(warm_model_);
  if (running_) {
    *hello.add_running() = ToWire(running_->attempt);
  }
  for (const v1::ToCoordinator& outcome : outbox_) {
    *hello.add_running() = AttemptOf(outcome);
    if (outcome.has_task_completed()) {
      *hello.add_finished() = AttemptOf(outcome);
    }
  }
  effects->messages.push_back(std::move(message));
}

void Agent::Report(v1::ToCoordinator outcome, Time now, AgentEffects* effects) {
  if (welcomed_) {
    effects->messages.push_back(outcome);
    // An outcome says that the worker lives and is answered, as a heartbeat; of what else runs,
    // only that one tells.
    wakeup_ = running_ ? wakeup_ : now + heartbeat_;
  }
  outbox_.push_back(std::move(outcome));
}

void Agent::LeaveIfDone(AgentEffects* effects) {
  const bool told = outbox_.empty();
  if (running_ || effects->start || !(stopping_ || (draining_ && told))) {
    return;
  }
  if (welcomed_) {
    effects->messages.emplace_back().mutable_worker_goodbye();
  }
  effects->exit = true;
}

}  // namespace weft::worker
