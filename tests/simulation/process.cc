#include "tests/simulation/process.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/wire/ids_wire.h"
#include "common/wire/picture_runs_wire.h"
#include "tests/coordinator/core/model_worker.h"
#include "tests/coordinator/core/sample_job.h"
#include "tests/simulation/random.h"

namespace weft::simulation {
namespace {

std::uint64_t ContentOf(const TaskId& task, const std::string& output, std::uint32_t version) {
  return Random(version, task.job.value + "/" + Name(task) + "/" + output).Next();
}

TaskId SourceOf(const v1::Input& input, const TaskId& reader) {
  return {reader.job, *FromWire(input.stage()), input.chunk(), input.round()};
}

}  // namespace

Process::Process(Site& site,
                 const std::string& worker,
                 std::uint64_t instance,
                 std::uint32_t version,
                 bool first_seat)
    : site_(site),
      outbox_(site.outboxes[worker]),
      name_(worker + "#" + std::to_string(instance)),
      agent_({.worker = {worker},
              .instance = {instance},
              .build = "simulated",
              .device = "cpu",
              .tags =
                  first_seat ? std::vector<std::string>{kFirstSeatTag} : std::vector<std::string>{},
              .numeric_class = first_seat ? "newer" : "older"}),
      numeric_class_(first_seat ? "newer" : "older"),
      version_(version) {
  for (const v1::ToCoordinator& outcome : outbox_) {
    unacknowledged_.push_back(*FromWire(outcome.task_completed().attempt()));
    agent_.Handle(worker::OutcomeFound{outcome}, Time{});
  }
}

std::vector<v1::ToCoordinator> Process::Feed(const worker::AgentEvent& event, Time now) {
  worker::AgentEffects effects = agent_.Handle(event, now);
  CheckWords(event, effects);
  if (effects.keep.has_value()) {
    outbox_.push_back(*effects.keep);
  }
  for (const AttemptId& attempt : effects.forget) {
    outbox_.erase(std::remove_if(outbox_.begin(), outbox_.end(),
                                 [&](const v1::ToCoordinator& kept) {
                                   return *FromWire(kept.task_completed().attempt()) == attempt;
                                 }),
                  outbox_.end());
  }
  if (effects.abandon && run_.has_value()) {
    run_->abandoned = true;
    run_->end = std::min(run_->end, now + Duration(50));
  }
  if (effects.start.has_value()) {
    Begin(*effects.start, now);
  }
  exited_ = exited_ || effects.exit;
  return std::move(effects.messages);
}

void Process::CheckWords(const worker::AgentEvent& event, const worker::AgentEffects& effects) {
  if (const auto* done = std::get_if<worker::TaskSucceeded>(&event)) {
    unacknowledged_.push_back(done->attempt);
  } else if (const auto* heard = std::get_if<worker::Heard>(&event)) {
    CheckHeard(heard->message, effects);
  }
  bool beats = false;
  std::vector<AttemptId> repeated;
  for (const v1::ToCoordinator& message : effects.messages) {
    beats = beats || message.has_worker_heartbeat();
    if (message.has_task_completed()) {
      repeated.push_back(*FromWire(message.task_completed().attempt()));
    }
    if (message.has_task_failed() && run_.has_value() &&
        *FromWire(message.task_failed().attempt()) == run_->attempt) {
      site_.audit.Breach(name_ + " gave up what it runs");
    }
  }
  for (const AttemptId& attempt : unacknowledged_) {
    if (beats && std::find(repeated.begin(), repeated.end(), attempt) == repeated.end()) {
      site_.audit.Breach(name_ + " forgot its result of " + weft::Name(attempt.task));
    }
  }
}

void Process::CheckHeard(const v1::FromCoordinator& message, const worker::AgentEffects& effects) {
  const auto same = [](const v1::AttemptId& wire, const AttemptId& attempt) {
    return *FromWire(wire) == attempt;
  };
  for (const auto* abandon :
       {&message.worker_verdict().abandon(), &message.worker_welcome().abandon()}) {
    for (const v1::AttemptId& attempt : *abandon) {
      if (run_.has_value() && !run_->abandoned && !effects.abandon &&
          same(attempt, run_->attempt)) {
        site_.audit.Breach(name_ + " goes on with what is not its own any more");
      }
    }
  }
  if (message.has_outcome_acknowledged()) {
    unacknowledged_.erase(std::remove_if(unacknowledged_.begin(), unacknowledged_.end(),
                                         [&](const AttemptId& attempt) {
                                           return same(message.outcome_acknowledged().attempt(),
                                                       attempt);
                                         }),
                          unacknowledged_.end());
  }
}

std::vector<v1::ToCoordinator> Process::Live(Time now) {
  std::vector<v1::ToCoordinator> said;
  const auto add = [&](std::vector<v1::ToCoordinator> more) {
    std::move(more.begin(), more.end(), std::back_inserter(said));
  };
  if (run_.has_value() && !run_->moved && run_->half <= now) {
    run_->moved = true;
    add(Feed(worker::TaskMoved{run_->attempt, 0.5}, now));
  }
  if (run_.has_value() && run_->end <= now) {
    const Run run = *std::exchange(run_, std::nullopt);
    add(Feed(Outcome(run), now));
  }
  if (agent_.NextWakeup() <= now) {
    add(Feed(worker::Tick{}, now));
  }
  return said;
}

Time Process::NextWakeup() const {
  Time next = agent_.NextWakeup();
  if (run_.has_value()) {
    next = std::min({next, run_->end, run_->moved ? run_->end : run_->half});
  }
  return std::max(next, hung_until);
}

void Process::Begin(const v1::Task& task, Time now) {
  const AttemptId attempt = *FromWire(task.attempt());
  if (run_.has_value()) {
    site_.audit.Breach(name_ + " was made to run two tasks at once");
  }
  site_.audit.OnStart(attempt, name_);
  const bool fed = CheckInputs(task);
  CheckClass(task);
  const Habits& habits = site_.scenario.habits;
  Random random(site_.scenario.seed, weft::Name(attempt.task) + std::to_string(attempt.number));
  const Duration work = random.Between(habits.work_min.count(), habits.work_max.count());
  run_ = Run{task, attempt, now + work / 2, now + work};
  run_->starved = !fed;
  if (random.Chance(habits.slow_chance)) {
    run_->end = now + 12 * work;
  }
  if (random.Chance(habits.stuck_chance)) {
    run_->end = now + std::chrono::hours(24);
  }
}

namespace {

// That the file is made of.
std::size_t CountSegments(const v1::Task& task) {
  const std::uint32_t chunk_frames = task.job().chunk_frames();
  const std::size_t groups = PictureGroupsOf(task.job(), task.clip()).size();
  return groups > 0 ? groups : (task.clip().frame_count() + chunk_frames - 1) / chunk_frames;
}

}  // namespace

bool Process::CheckInputs(const v1::Task& task) const {
  const TaskId reader = *FromWire(task.attempt().task());
  std::uint32_t segments = 0;
  bool fed = true;
  for (const v1::Input& input : task.inputs()) {
    const auto blob = site_.blobs.find(input.blob().key());
    const bool is_there =
        blob != site_.blobs.end() &&
        blob->second == ContentOf(SourceOf(input, reader), input.name(), version_);
    fed = fed && is_there;
    const bool is_excused =
        site_.audit.IsOver(*FromWire(task.attempt())) || site_.audit.IsRotten(input.blob().key());
    if (!is_there && !is_excused) {
      site_.audit.Breach(weft::Name(reader) + " started without its input " + input.blob().key());
    }
    if (reader.stage == Stage::kAssemble && input.name() == "segment" &&
        input.chunk() != segments++) {
      site_.audit.Breach("segments are out of order");
    }
  }
  if (reader.stage == Stage::kAssemble && segments != CountSegments(task)) {
    site_.audit.Breach("frames are missing from the assembled clip");
  }
  return fed;
}

void Process::CheckClass(const v1::Task& task) const {
  const Stage stage = FromWire(task.attempt().task())->stage;
  if (stage == Stage::kProbe || stage == Stage::kAssemble || task.job().device().empty() ||
      task.job().any_class()) {
    return;
  }
  const std::string& job = task.attempt().task().job();
  const std::size_t beginnings = site_.audit.CountBeginnings(job, task.attempt().epoch());
  const auto [first, is_first] = site_.classes.try_emplace({job, beginnings}, numeric_class_);
  if (first->second != numeric_class_) {
    site_.audit.Breach(name_ + " was given a task of a job that began in another numeric class");
  }
}

worker::AgentEvent Process::Outcome(const Run& run) const {
  if (run.abandoned) {
    return worker::TaskErred{run.attempt, Error(ErrorCode::kCancelled, "stopped")};
  }
  if (run.starved) {
    return worker::TaskErred{run.attempt, Error(ErrorCode::kNotFound, "no such blob")};
  }
  Random random(site_.scenario.seed + run.attempt.number, weft::Name(run.attempt.task));
  if (random.Chance(site_.scenario.habits.error_chance)) {
    constexpr std::array kCodes = {ErrorCode::kInternal, ErrorCode::kResourceExhausted,
                                   ErrorCode::kUnavailable, ErrorCode::kDataLoss};
    return worker::TaskErred{run.attempt,
                             Error(kCodes.at(random.Below(kCodes.size())), "bad luck")};
  }
  return worker::TaskSucceeded{run.attempt, Result(run.task)};
}

std::optional<v1::ToCoordinator> Process::LieAboutTask() const {
  if (!run_.has_value() || run_->task.attempt().task().stage() == v1::STAGE_ASSEMBLE) {
    return std::nullopt;
  }
  v1::ToCoordinator lie;
  v1::TaskCompleted& completed = *lie.mutable_task_completed();
  *completed.mutable_attempt() = run_->task.attempt();
  for (const std::string& output_name : coordinator::OutputNames(run_->task)) {
    v1::Output& output = *completed.mutable_result()->add_outputs();
    output.set_name(output_name);
    output.mutable_blob()->set_key(run_->task.output_prefix() + output_name);
    output.mutable_blob()->set_size_bytes(kBlobBytes + 1);
  }
  return lie;
}

v1::TaskResult Process::Result(const v1::Task& task) const {
  constexpr std::uint32_t kPartFrames = 4;  // Of what a probe reads at once.
  const TaskId id = *FromWire(task.attempt().task());
  v1::TaskResult result;
  for (const std::string& output_name : coordinator::OutputNames(task)) {
    v1::Output& output = *result.add_outputs();
    output.set_name(output_name);
    output.mutable_blob()->set_key(task.output_prefix() + output_name);
    output.mutable_blob()->set_size_bytes(kBlobBytes);
    output.mutable_blob()->set_checksum(ContentOf(id, output_name, version_));
    site_.blobs.emplace(output.blob().key(), output.blob().checksum());
  }
  if (id.stage == Stage::kProbe) {
    for (const Order& order : site_.scenario.orders) {
      if (order.spec.SerializeAsString() == task.job().SerializeAsString()) {
        coordinator::SetFound(task, coordinator::SampleClip(order.frame_count, kPartFrames),
                              &result);
      }
    }
  }
  return result;
}

}  // namespace weft::simulation
