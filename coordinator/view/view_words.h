// The words that people and programs know states, kinds and types by.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/v1/view.pb.h"

namespace weft::coordinator {

// "accepted", "running", "paused", "done", "failed", "cancelled"; "unknown" for one that this build
// does not know.
std::string JobStateName(v1::JobState state);
std::optional<v1::JobState> JobStateNamed(std::string_view name);

// "waiting", "running", "done", "failed".
std::string TaskStateName(v1::TaskState state);
std::optional<v1::TaskState> TaskStateNamed(std::string_view name);

// "render", "deflicker".
std::string KindName(v1::JobKind kind);

// "float32", "bfloat16", "float16".
std::string DataTypeName(v1::DataType type);

// "denoise 3.1", as in logs; empty for no task.
std::string TaskName(const v1::TaskId& task);

// Which frames it makes, as --frames takes them: "108:116"; empty where it says of none.
std::string FramesOf(const v1::TaskSummary& task);

// One word: "gone", "aside", "drained", "leaving", "busy" or "idle", the first that holds.
std::string WorkerStateName(const v1::WorkerSummary& worker);

}  // namespace weft::coordinator
