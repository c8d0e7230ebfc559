#include "coordinator/core/task_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/storage/result_place.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/schedule.h"
#include "weft/v1/envelope.pb.h"

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

std::optional<Stage> StageNamed(std::string_view name) {
  for (const Stage stage : {Stage::kProbe, Stage::kAnnotate, Stage::kAnchor, Stage::kDenoise,
                            Stage::kFinish, Stage::kEncode, Stage::kAssemble}) {
    if (Name(stage) == name) {
      return stage;
    }
  }
  return std::nullopt;
}

bool TakeLetter(std::string_view& text, char letter) {
  const bool found = !text.empty() && text.front() == letter;
  text.remove_prefix(found ? 1 : 0);
  return found;
}

// Cuts a number and the letter behind it off the front of `text`.
template <typename Number>
bool TakeNumber(std::string_view& text, char end, Number& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return parsed.ec == std::errc() && TakeLetter(text, end);
}

bool HasChunk(const TaskId& task) {
  return task.stage == Stage::kAnnotate || task.stage == Stage::kDenoise ||
         task.stage == Stage::kFinish || task.stage == Stage::kEncode ||
         (task.stage == Stage::kProbe && task.round == kProbePart);
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
  if (HasChunk(task.id)) {
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

// How many there are is known only when the result is there.
bool IsPiece(const std::string& output, const PlannedTask& plan) {
  return std::any_of(plan.outputs.begin(), plan.outputs.end(), [&](const PlannedOutput& planned) {
    return IsResultPiece(output, planned.name);
  });
}

// Whether `whole` is `head` and then `tail`.
bool IsJoined(std::string_view whole, std::string_view head, std::string_view tail) {
  return whole.size() == head.size() + tail.size() && whole.substr(0, head.size()) == head &&
         whole.substr(head.size()) == tail;
}

void AppendNumber(std::uint64_t number, std::string& text) {
  std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

// Planned outputs that did not come yet. Workers bring them in the order of the plan.
class OutputList {
 public:
  explicit OutputList(const std::vector<PlannedOutput>& planned)
      : planned_(planned), taken_(planned.size(), false) {}

  // False: it is not one of them, or was taken before.
  bool Take(std::string_view name) {
    const std::size_t i = IndexOf(name);
    if (i >= taken_.size() || taken_[i]) {
      return false;
    }
    taken_[i] = true;
    next_ = i + 1;
    return true;
  }

  // Of those that are left; nothing when none is.
  [[nodiscard]] std::optional<std::string_view> First() const {
    const auto left = std::find(taken_.begin(), taken_.end(), false);
    if (left == taken_.end()) {
      return std::nullopt;
    }
    return planned_[static_cast<std::size_t>(left - taken_.begin())].name;
  }

 private:
  // The number of all: there is none of that name.
  std::size_t IndexOf(std::string_view name) {
    if (next_ < planned_.size() && planned_[next_].name == name) {
      return next_;
    }
    if (by_name_.empty()) {
      for (std::size_t i = 0; i < planned_.size(); ++i) {
        by_name_.emplace(planned_[i].name, i);
      }
    }
    const auto known = by_name_.find(name);
    return known == by_name_.end() ? planned_.size() : known->second;
  }

  const std::vector<PlannedOutput>& planned_;
  std::vector<bool> taken_;
  std::size_t next_ = 0;                             // Behind the one that was taken last.
  std::map<std::string_view, std::size_t> by_name_;  // Made when another one comes than the next.
};

}  // namespace

std::string OutputPrefix(const AttemptId& attempt) {
  constexpr std::size_t kPrefixBytes = 64;  // Of most.
  const TaskId& task = attempt.task;
  std::string prefix;
  prefix.reserve(kPrefixBytes);
  prefix.append(task.job.value).append("/").append(Name(task.stage)).append("/");
  AppendNumber(task.chunk, prefix);
  prefix += '.';
  AppendNumber(task.round, prefix);
  prefix.append("/e");
  AppendNumber(attempt.epoch, prefix);
  prefix += 'a';
  AppendNumber(attempt.number, prefix);
  prefix += '/';
  return prefix;
}

std::optional<AttemptId> AttemptOfKey(std::string_view key) {
  AttemptId attempt;
  const std::size_t job_end = key.find('/');
  if (job_end == std::string_view::npos) {
    return std::nullopt;
  }
  attempt.task.job = {std::string(key.substr(0, job_end))};
  key.remove_prefix(job_end + 1);
  const std::size_t stage_end = key.find('/');
  const auto stage = StageNamed(key.substr(0, stage_end));
  if (stage_end == std::string_view::npos || !stage.has_value()) {
    return std::nullopt;
  }
  attempt.task.stage = *stage;
  key.remove_prefix(stage_end + 1);
  const bool parsed = TakeNumber(key, '.', attempt.task.chunk) &&
                      TakeNumber(key, '/', attempt.task.round) && TakeLetter(key, 'e') &&
                      TakeNumber(key, 'a', attempt.epoch) && TakeNumber(key, '/', attempt.number);
  return parsed ? std::optional(std::move(attempt)) : std::nullopt;
}

std::string BytesInAssignments(const Job& job) {
  v1::FromCoordinator common;
  v1::Task& task = *common.mutable_assign_task()->mutable_task();
  *task.mutable_job() = job.spec;
  if (const auto& known = job.clip.has_value() ? job.clip : job.indexed; known.has_value()) {
    *task.mutable_clip() = *known;
  }
  return common.SerializeAsString();
}

void FillTask(const Task& task, const Job& job, const TaskTable& tasks, v1::Task& wire) {
  const AttemptId attempt = task.LatestAttempt();
  ToWire(attempt, *wire.mutable_attempt());
  SetPlace(task, job, wire);
  for (const PlannedInput& planned : task.plan->inputs) {
    AddInput(planned, task, tasks, wire);
  }
  wire.set_output_prefix(OutputPrefix(attempt));
}

Status CheckOutputs(const PlannedTask& plan,
                    const AttemptId& attempt,
                    const v1::TaskResult& result) {
  OutputList missing(plan.outputs);
  const std::string prefix = OutputPrefix(attempt);
  for (const v1::Output& output : result.outputs()) {
    if (!missing.Take(output.name()) && !IsPiece(output.name(), plan)) {
      return Failure(ErrorCode::kInternal,
                     "the worker brought an output '" + output.name() + "' that was not asked for");
    }
    if (!IsJoined(output.blob().key(), prefix, output.name())) {
      return Failure(ErrorCode::kInternal, "the worker put output '" + output.name() +
                                               "' in the wrong place: " + output.blob().key());
    }
  }
  auto left = missing.First();
  if (left == kPreview) {
    missing.Take(kPreview);
    left = missing.First();
  }
  if (left.has_value()) {
    return Failure(ErrorCode::kInternal,
                   "the worker did not bring output '" + std::string(*left) + "'");
  }
  return {};
}

}  // namespace weft::coordinator
