#include "common/wire/ids_wire.h"

#include <string>
#include <utility>

namespace weft {

v1::Stage ToWire(Stage stage) {
  return static_cast<v1::Stage>(stage);
}

v1::TaskId ToWire(const TaskId& task) {
  v1::TaskId wire;
  ToWire(task, wire);
  return wire;
}

void ToWire(const TaskId& task, v1::TaskId& wire) {
  wire.set_job(task.job.value);
  wire.set_stage(ToWire(task.stage));
  wire.set_chunk(task.chunk);
  wire.set_round(task.round);
}

v1::AttemptId ToWire(const AttemptId& attempt) {
  v1::AttemptId wire;
  ToWire(attempt, wire);
  return wire;
}

void ToWire(const AttemptId& attempt, v1::AttemptId& wire) {
  ToWire(attempt.task, *wire.mutable_task());
  wire.set_number(attempt.number);
  wire.set_epoch(attempt.epoch);
}

Result<Stage> FromWire(v1::Stage stage) {
  switch (stage) {
    case v1::STAGE_PROBE:
      return Stage::kProbe;
    case v1::STAGE_ANNOTATE:
      return Stage::kAnnotate;
    case v1::STAGE_ANCHOR:
      return Stage::kAnchor;
    case v1::STAGE_DENOISE:
      return Stage::kDenoise;
    case v1::STAGE_FINISH:
      return Stage::kFinish;
    case v1::STAGE_ENCODE:
      return Stage::kEncode;
    case v1::STAGE_ASSEMBLE:
      return Stage::kAssemble;
    default:
      return Failure(ErrorCode::kInvalidArgument,
                     "no such stage: " + std::to_string(static_cast<int>(stage)));
  }
}

Result<TaskId> FromWire(const v1::TaskId& task) {
  if (task.job().empty()) {
    return Failure(ErrorCode::kInvalidArgument, "a task without a job");
  }
  WEFT_ASSIGN_OR_RETURN(const Stage stage, FromWire(task.stage()));
  return TaskId{.job = {task.job()}, .stage = stage, .chunk = task.chunk(), .round = task.round()};
}

Result<AttemptId> FromWire(const v1::AttemptId& attempt) {
  if (!attempt.has_task()) {
    return Failure(ErrorCode::kInvalidArgument, "an attempt without a task");
  }
  if (attempt.number() == 0 || attempt.epoch() == 0) {
    return Failure(ErrorCode::kInvalidArgument, "an attempt without its number or its epoch");
  }
  WEFT_ASSIGN_OR_RETURN(TaskId task, FromWire(attempt.task()));
  return AttemptId{.task = std::move(task), .number = attempt.number(), .epoch = attempt.epoch()};
}

}  // namespace weft
