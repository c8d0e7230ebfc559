#include "tests/coordinator/core/model_worker.h"

#include <algorithm>
#include <utility>

#include "common/plan/lending.h"
#include "common/plan/statistics.h"
#include "common/storage/result_place.h"
#include "common/wire/ids_wire.h"
#include "common/wire/job_objects.h"
#include "common/wire/picture_runs_wire.h"
#include "common/wire/seam_checks_wire.h"
#include "coordinator/core/schedule.h"
#include "coordinator/core/worker_desk.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

bool SameAttempt(const v1::AttemptId& a, const v1::AttemptId& b) {
  return *FromWire(a) == *FromWire(b);
}

const v1::AttemptId& AttemptOf(const v1::ToCoordinator& outcome) {
  return outcome.has_task_completed() ? outcome.task_completed().attempt()
                                      : outcome.task_failed().attempt();
}

std::uint64_t ContentOf(const v1::TaskId& task, const std::string& name) {
  return std::hash<std::string>{}(Name(*FromWire(task)) + name);
}

std::vector<std::string> ProbesOutputs(const v1::Task& task) {
  std::vector<std::string> names;
  if (task.attempt().task().round() != kProbeIndex) {
    return task.has_chunk() ? std::vector<std::string>{"changes"} : names;
  }
  if (!task.job().look_path().empty()) {
    names.emplace_back("look");
  }
  if (UsesObjects(task.job())) {
    names.emplace_back(kObjectsOutput);
  }
  return names;
}

std::vector<std::string> AnnotatesOutputs(const v1::Task& task) {
  const std::uint32_t round = task.attempt().task().round();
  std::vector<std::string> names;
  for (int control = 0; control < task.job().controls_size(); ++control) {
    const bool steady = task.job().controls(control).steady();
    if (round == 0 || (round == kMeasureRound && steady)) {
      names.push_back(ControlName(control));
    }
    if (round != 0 && steady) {
      names.push_back(round == kMeasureRound ? StatisticsName(control) : SceneName(control));
    }
  }
  return names;
}

std::vector<std::string> FinishesOutputs(const v1::Task& task) {
  const std::uint32_t round = task.attempt().task().round();
  if (round == kSceneRound) {
    return {SceneName(0)};
  }
  if (round != kMeasureRound) {
    std::vector<std::string> names;
    for (const std::uint32_t frame : FramesChecked(task)) {
      names.push_back(PictureName(frame));
    }
    if (!IsSeamCheck(task)) {
      const std::vector<FrameRange> runs = PictureRunsOf(task);
      for (const FrameRange run : runs) {
        names.push_back(RunName(run));
      }
      if (runs.empty()) {
        names.emplace_back("segment");
      }
    }
    return names;
  }
  std::vector<std::string> names = {StatisticsName(0)};
  for (std::uint32_t frame = task.chunk().core().begin(); frame < task.chunk().core().end();
       ++frame) {
    names.push_back(PictureName(frame));
  }
  return names;
}

std::vector<std::string> AnchorsOutputs(const v1::Task& task) {
  std::vector<std::string> names;
  for (const std::uint32_t frame : task.anchor_frames()) {
    names.push_back("anchor/" + std::to_string(frame));
  }
  if (task.attempt().task().chunk() > 0) {
    names.erase(names.begin());  // The first anchor comes with every group.
  } else if (IsResultUrl(task.job().save_look_path())) {
    names.emplace_back("look");
  }
  return names;
}

// Pictures for the neighbours, where they are smoothed next.
std::vector<std::string> LentOutputs(const v1::Task& task) {
  const v1::JobSpec& job = task.job();
  const bool predicts = task.round().has_predict_step();
  const bool ends = !predicts && task.round().last_step() == WholeSchedule(job).last_step;
  std::vector<std::string> names;
  if (!predicts && !(ends && job.final_pass())) {
    return names;
  }
  for (const std::uint32_t frame : LentBy(task)) {
    names.push_back(PictureName(frame));
  }
  return names;
}

std::vector<std::string> DenoisesOutputs(const v1::Task& task) {
  std::vector<std::string> names = {"latents"};
  if (task.round().has_predict_step()) {
    names.emplace_back("x0");
  }
  for (std::string& name : LentOutputs(task)) {
    names.push_back(std::move(name));
  }
  if (task.job().previews() && !IsSeamCheck(task)) {
    names.emplace_back("preview");
  }
  return names;
}

}  // namespace

std::vector<std::string> OutputNames(const v1::Task& task) {
  std::vector<std::string> names;
  switch (task.attempt().task().stage()) {
    case v1::STAGE_PROBE:
      return ProbesOutputs(task);
    case v1::STAGE_ANNOTATE:
      return AnnotatesOutputs(task);
    case v1::STAGE_ANCHOR:
      return AnchorsOutputs(task);
    case v1::STAGE_DENOISE:
      return DenoisesOutputs(task);
    case v1::STAGE_FINISH:
      return FinishesOutputs(task);
    case v1::STAGE_ENCODE:
      return {"segment"};
    case v1::STAGE_ASSEMBLE:
      if (const auto result = ParseResultUrl(task.job().output_path()); result) {
        names = {result->IndexName() + ResultPieceSuffix(0, 0), result->IndexName()};
      }
      return names;
    default:
      return {};
  }
}

ModelWorker::ModelWorker(std::string name, std::uint64_t instance, Habits habits)
    : name_(std::move(name)), instance_(instance), habits_(habits) {}

PeerId ModelWorker::Peer() const {
  return {name_ + "#" + std::to_string(instance_)};
}

std::vector<v1::ToCoordinator> ModelWorker::Live(Time now,
                                                 std::mt19937_64& random,
                                                 ModelBlobs& blobs) {
  if (run_.has_value() && run_->end <= now) {
    outbox_.push_back(Outcome(random, blobs));
    run_.reset();
  }
  if (!welcome_) {
    return {Hello()};
  }
  std::vector<v1::ToCoordinator> said = outbox_;
  v1::WorkerHeartbeat& beat = *said.emplace_back().mutable_worker_heartbeat();
  if (run_.has_value()) {
    v1::RunningAttempt& running = *beat.add_running();
    *running.mutable_attempt() = run_->task.attempt();
    running.set_fraction(0.5);
  }
  return said;
}

void ModelWorker::Hear(const v1::FromCoordinator& message,
                       Time now,
                       std::mt19937_64& random,
                       const ModelBlobs& blobs) {
  if (message.has_worker_welcome()) {
    welcome_ = true;
    for (const v1::AttemptId& attempt : message.worker_welcome().abandon()) {
      Abandon(attempt);
    }
  } else if (message.has_assign_task()) {
    Begin(message.assign_task().task(), now, random, blobs);
  } else if (message.has_worker_verdict()) {
    for (const v1::AttemptId& attempt : message.worker_verdict().abandon()) {
      Abandon(attempt);
    }
  } else if (message.has_outcome_acknowledged()) {
    const auto& attempt = message.outcome_acknowledged().attempt();
    outbox_.erase(std::remove_if(outbox_.begin(), outbox_.end(),
                                 [&](const v1::ToCoordinator& outcome) {
                                   return SameAttempt(AttemptOf(outcome), attempt);
                                 }),
                  outbox_.end());
  } else if (message.has_hello_required()) {
    welcome_ = false;
  } else if (message.has_worker_shutdown()) {
    stopped_ = true;
  }
}

void ModelWorker::Begin(const v1::Task& task,
                        Time now,
                        std::mt19937_64& random,
                        const ModelBlobs& blobs) {
  if (run_.has_value()) {
    return;  // A repeated assignment, or one that will be missed in the heartbeats.
  }
  for (const v1::Input& input : task.inputs()) {
    const auto blob = blobs.find(input.blob().key());
    v1::TaskId source = task.attempt().task();
    source.set_stage(input.stage());
    source.set_chunk(input.chunk());
    source.set_round(input.round());
    if (blob == blobs.end() || blob->second != ContentOf(source, input.name())) {
      complaint_ = Name(*FromWire(task.attempt().task())) + " started without its input " +
                   input.blob().key();
    }
  }
  const auto span = habits_.work_max - habits_.work_min;
  run_ = {task, now + habits_.work_min + Duration(random() % span.count())};
}

void ModelWorker::Abandon(const v1::AttemptId& attempt) {
  if (run_.has_value() && SameAttempt(run_->task.attempt(), attempt)) {
    run_.reset();
  }
}

v1::ToCoordinator ModelWorker::Outcome(std::mt19937_64& random, ModelBlobs& blobs) const {
  v1::ToCoordinator outcome;
  const v1::Task& task = run_->task;
  const double dice = static_cast<double>(random() % 1000) / 1000;
  if (dice < habits_.error_chance) {
    *outcome.mutable_task_failed()->mutable_attempt() = task.attempt();
    outcome.mutable_task_failed()->mutable_error()->set_code(1);
    outcome.mutable_task_failed()->mutable_error()->set_message("bad luck");
    return outcome;
  }
  v1::TaskCompleted& completed = *outcome.mutable_task_completed();
  *completed.mutable_attempt() = task.attempt();
  for (const std::string& name : OutputNames(task)) {
    v1::Output& output = *completed.mutable_result()->add_outputs();
    output.set_name(name);
    output.mutable_blob()->set_key(task.output_prefix() + name);
    output.mutable_blob()->set_checksum(ContentOf(task.attempt().task(), name));
    blobs.emplace(output.blob().key(), output.blob().checksum());
  }
  if (task.attempt().task().stage() == v1::STAGE_PROBE) {
    SetFound(task, SampleClip(habits_.frame_count, habits_.part_frames),
             completed.mutable_result());
  }
  return outcome;
}

v1::ToCoordinator ModelWorker::Hello() const {
  v1::ToCoordinator message;
  v1::WorkerHello& hello = *message.mutable_worker_hello();
  hello.set_protocol_min(kProtocolMin);
  hello.set_protocol_max(kProtocolMax);
  hello.set_worker(name_);
  hello.set_instance(instance_);
  hello.set_device("cpu");
  if (run_.has_value()) {
    *hello.add_running() = run_->task.attempt();
  }
  return message;
}

}  // namespace weft::coordinator
