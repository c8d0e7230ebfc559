// Strong ids: a JobId cannot be passed where a WorkerId is meant.

#pragma once

#include <cstddef>
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

// Stages of a job. Numbers equal weft.v1.Stage.
enum class Stage : std::uint8_t {
  kProbe = 1,
  kAnnotate = 2,
  kAnchor = 3,
  kDenoise = 4,
  kFinish = 5,
  kAssemble = 6,
  kEncode = 7,
};

// The order in which they feed each other.
struct StageOrder {
  bool operator()(Stage a, Stage b) const { return Step(a) < Step(b); }

  static int Step(Stage stage) {
    constexpr int kLast = 256;
    return stage == Stage::kAssemble ? kLast : static_cast<int>(stage);
  }
};

// "probe", "annotate", "anchor", "denoise", "finish", "encode", "assemble".
std::string Name(Stage stage);

// Rounds of the probe. The first task finds what a clip is, and reads it where it is short; else
// others read a part of it each, whose number is the task's chunk, and the last one joins them.
inline constexpr std::uint32_t kProbeIndex = 0;
inline constexpr std::uint32_t kProbePart = 1;
inline constexpr std::uint32_t kProbeJoin = 2;

// One unit of work. chunk and round are 0 where a stage has only one.
struct TaskId {
  JobId job;
  Stage stage = Stage::kProbe;
  std::uint32_t chunk = 0;
  std::uint32_t round = 0;

  friend bool operator==(const TaskId& a, const TaskId& b) {
    return a.chunk == b.chunk && a.round == b.round && a.stage == b.stage && a.job == b.job;
  }
  friend bool operator!=(const TaskId& a, const TaskId& b) { return !(a == b); }
  friend bool operator<(const TaskId& a, const TaskId& b) {
    const int by_job = a.job.value.compare(b.job.value);  // Once: jobs are most often the same.
    return by_job != 0 ? by_job < 0 : a.Place() < b.Place();
  }

 private:
  [[nodiscard]] std::tuple<int, std::uint32_t, std::uint32_t> Place() const {
    return {StageOrder::Step(stage), chunk, round};
  }
};

// For tables that are only looked up: the order of such a table differs between standard libraries.
struct IdHash {
  template <typename Tag>
  std::size_t operator()(const NameId<Tag>& id) const {
    return std::hash<std::string>()(id.value);
  }
  std::size_t operator()(const TaskId& id) const {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio.
    std::uint64_t hash = (*this)(id.job);
    for (const std::uint64_t part :
         {std::uint64_t{id.chunk},
          std::uint64_t{id.round} << 3 | static_cast<std::uint64_t>(id.stage)}) {
      hash = (hash ^ part) * kOdd;
      hash ^= hash >> 32;
    }
    return static_cast<std::size_t>(hash);
  }
};

// "denoise 3.1" (chunk 3, round 1), "finish 3", "probe", "probe part 3": without the job.
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
