// Strong ids: a JobId cannot be passed where a WorkerId is meant.

#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>

namespace weft {

// A string that names one kind of thing. Tag only keeps kinds apart.
template <typename Tag>
struct NameId {
  std::string value;

  friend bool operator==(const NameId& a, const NameId& b) { return a.value == b.value; }
  friend bool operator!=(const NameId& a, const NameId& b) { return a.value != b.value; }
  friend bool operator<(const NameId& a, const NameId& b) { return a.value < b.value; }
  friend std::ostream& operator<<(std::ostream& out, const NameId& id) { return out << id.value; }
};

using JobId = NameId<struct JobTag>;        // "j-3f9c2a7714d0b6e5": made from the client's token.
using WorkerId = NameId<struct WorkerTag>;  // "local-0", "gpu17.2": stable over restarts.

// One life of a worker process, drawn at random when it starts. A new instance of the same worker
// fences everything that older instances still hold.
struct InstanceId {
  std::uint64_t value = 0;

  friend bool operator==(InstanceId a, InstanceId b) { return a.value == b.value; }
  friend bool operator!=(InstanceId a, InstanceId b) { return a.value != b.value; }
  friend bool operator<(InstanceId a, InstanceId b) { return a.value < b.value; }
};

// Stages of a job in the order in which they feed each other. Numbers equal weft.v1.Stage.
enum class Stage : std::uint8_t {
  kProbe = 1,
  kAnnotate = 2,
  kAnchor = 3,
  kDenoise = 4,
  kFinish = 5,
  kAssemble = 6,
};

// "probe", "annotate", "anchor", "denoise", "finish", "assemble".
std::string Name(Stage stage);

// One unit of work. chunk and round are 0 where a stage has only one.
struct TaskId {
  JobId job;
  Stage stage = Stage::kProbe;
  std::uint32_t chunk = 0;
  std::uint32_t round = 0;

  friend bool operator==(const TaskId& a, const TaskId& b) { return Key(a) == Key(b); }
  friend bool operator!=(const TaskId& a, const TaskId& b) { return Key(a) != Key(b); }
  friend bool operator<(const TaskId& a, const TaskId& b) { return Key(a) < Key(b); }

 private:
  static std::tuple<const std::string&, Stage, std::uint32_t, std::uint32_t> Key(const TaskId& id) {
    return {id.job.value, id.stage, id.chunk, id.round};
  }
};

// "denoise 3.1" (chunk 3, round 1), "finish 3", "probe": without the job.
std::string Name(const TaskId& task);

// One try at a task. A result counts only if its attempt is the one the ledger knows as current;
// `epoch` is the coordinator life that assigned it.
struct AttemptId {
  TaskId task;
  std::uint32_t number = 0;  // From 1.
  std::uint64_t epoch = 0;   // From 1.

  friend bool operator==(const AttemptId& a, const AttemptId& b) {
    return a.task == b.task && a.number == b.number && a.epoch == b.epoch;
  }
  friend bool operator!=(const AttemptId& a, const AttemptId& b) { return !(a == b); }
};

}  // namespace weft
