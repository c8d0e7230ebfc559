#include "coordinator/view/view_words.h"

#include <array>
#include <utility>

#include "common/wire/ids_wire.h"

namespace weft::coordinator {
namespace {

constexpr std::array<std::pair<v1::JobState, std::string_view>, 6> kJobStates = {{
    {v1::JOB_STATE_ACCEPTED, "accepted"},
    {v1::JOB_STATE_RUNNING, "running"},
    {v1::JOB_STATE_PAUSED, "paused"},
    {v1::JOB_STATE_DONE, "done"},
    {v1::JOB_STATE_FAILED, "failed"},
    {v1::JOB_STATE_CANCELLED, "cancelled"},
}};

constexpr std::array<std::pair<v1::TaskState, std::string_view>, 4> kTaskStates = {{
    {v1::TASK_STATE_WAITING, "waiting"},
    {v1::TASK_STATE_RUNNING, "running"},
    {v1::TASK_STATE_DONE, "done"},
    {v1::TASK_STATE_FAILED, "failed"},
}};

template <typename Pairs, typename State>
std::string NameIn(const Pairs& pairs, State state) {
  for (const auto& [known, name] : pairs) {
    if (known == state) {
      return std::string(name);
    }
  }
  return "unknown";
}

template <typename State, typename Pairs>
std::optional<State> StateIn(const Pairs& pairs, std::string_view wanted) {
  for (const auto& [state, name] : pairs) {
    if (name == wanted) {
      return state;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string JobStateName(v1::JobState state) {
  return NameIn(kJobStates, state);
}

std::optional<v1::JobState> JobStateNamed(std::string_view name) {
  return StateIn<v1::JobState>(kJobStates, name);
}

std::string TaskStateName(v1::TaskState state) {
  return NameIn(kTaskStates, state);
}

std::optional<v1::TaskState> TaskStateNamed(std::string_view name) {
  return StateIn<v1::TaskState>(kTaskStates, name);
}

std::string KindName(v1::JobKind kind) {
  return kind == v1::JOB_KIND_DEFLICKER ? "deflicker" : "render";
}

std::string DataTypeName(v1::DataType type) {
  switch (type) {
    case v1::DATA_TYPE_FLOAT32:
      return "float32";
    case v1::DATA_TYPE_BFLOAT16:
      return "bfloat16";
    case v1::DATA_TYPE_FLOAT16:
      return "float16";
    default:
      return "unknown";
  }
}

std::string TaskName(const v1::TaskId& task) {
  const Result<TaskId> id = FromWire(task);
  return id ? Name(*id) : "";
}

std::string FramesOf(const v1::TaskSummary& task) {
  return task.frame_count() == 0 ? ""
                                 : std::to_string(task.first_frame()) + ":" +
                                       std::to_string(task.first_frame() + task.frame_count());
}

std::string WorkerStateName(const v1::WorkerSummary& worker) {
  if (!worker.connected()) {
    return "gone";
  }
  if (worker.aside()) {
    return "aside";
  }
  if (worker.drained()) {
    return "drained";
  }
  if (worker.leaving()) {
    return "leaving";
  }
  return worker.has_task() ? "busy" : "idle";
}

}  // namespace weft::coordinator
