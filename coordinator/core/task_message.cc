#include "coordinator/core/task_message.h"

#include <set>

#include "common/wire/ids_wire.h"

namespace weft::coordinator {
namespace {

void Set(FrameRange range, v1::FrameRange& wire) {
  wire.set_begin(range.begin);
  wire.set_end(range.end);
}

v1::Round ToMessage(const Round& round) {
  v1::Round wire;
  if (round.smooth_step.has_value()) {
    wire.set_smooth_step(*round.smooth_step);
  }
  wire.set_first_step(round.first_step);
  wire.set_last_step(round.last_step);
  if (round.predict_step.has_value()) {
    wire.set_predict_step(*round.predict_step);
  }
  return wire;
}

bool HasChunk(Stage stage) {
  return stage == Stage::kAnnotate || stage == Stage::kDenoise || stage == Stage::kFinish;
}

void AddInput(const PlannedInput& planned,
              const Task& task,
              const TaskTable& tasks,
              v1::Task& wire) {
  const TaskPlace& from = planned.from;
  const TaskId source_id{task.id.job, from.stage, from.chunk, from.round};
  v1::Input& input = *wire.add_inputs();
  input.set_stage(ToWire(from.stage));
  input.set_chunk(from.chunk);
  input.set_round(from.round);
  input.set_name(planned.name);
  *input.mutable_blob() = tasks.Find(source_id)->outputs.at(planned.name);
}

void SetPlace(const Task& task, const Job& job, v1::Task& wire) {
  const PlannedTask& plan = *task.plan;
  if (HasChunk(task.id.stage)) {
    wire.mutable_chunk()->set_index(task.id.chunk);
    Set(plan.core, *wire.mutable_chunk()->mutable_core());
    Set(plan.halo, *wire.mutable_chunk()->mutable_halo());
  }
  if (task.id.stage == Stage::kDenoise) {
    *wire.mutable_round() = ToMessage(job.plan.rounds[task.id.round]);
  } else if (task.id.stage == Stage::kAnchor) {
    *wire.mutable_round() = ToMessage(WholeSchedule(job.spec));
  }
  for (const std::uint32_t frame : plan.anchor_frames) {
    wire.add_anchor_frames(frame);
  }
  for (const std::uint32_t frame : plan.context_frames) {
    wire.add_context_frames(frame);
  }
}

}  // namespace

std::string OutputPrefix(const AttemptId& attempt) {
  const TaskId& task = attempt.task;
  return task.job.value + "/" + Name(task.stage) + "/" + std::to_string(task.chunk) + "." +
         std::to_string(task.round) + "/e" + std::to_string(attempt.epoch) + "a" +
         std::to_string(attempt.number) + "/";
}

v1::Task ToMessage(const Task& task, const Job& job, const TaskTable& tasks) {
  v1::Task wire;
  *wire.mutable_attempt() = ToWire(task.LatestAttempt());
  *wire.mutable_job() = job.spec;
  if (job.clip.has_value()) {
    *wire.mutable_clip() = *job.clip;
  }
  SetPlace(task, job, wire);
  for (const PlannedInput& planned : task.plan->inputs) {
    AddInput(planned, task, tasks, wire);
  }
  wire.set_output_prefix(OutputPrefix(task.LatestAttempt()));
  return wire;
}

Status CheckOutputs(const Task& task, const v1::TaskResult& result) {
  std::set<std::string> missing;
  for (const PlannedOutput& planned : task.plan->outputs) {
    missing.insert(planned.name);
  }
  const std::string prefix = OutputPrefix(task.LatestAttempt());
  for (const v1::Output& output : result.outputs()) {
    if (missing.erase(output.name()) == 0) {
      return Failure(ErrorCode::kInternal,
                     "the worker brought an output '" + output.name() + "' that was not asked for");
    }
    if (output.blob().key() != prefix + output.name()) {
      return Failure(ErrorCode::kInternal, "the worker put output '" + output.name() +
                                               "' in the wrong place: " + output.blob().key());
    }
  }
  if (!missing.empty()) {
    return Failure(ErrorCode::kInternal,
                   "the worker did not bring output '" + *missing.begin() + "'");
  }
  return {};
}

}  // namespace weft::coordinator
