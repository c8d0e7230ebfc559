// Looks into plans, in words.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/chunk_plan.h"

namespace weft::coordinator {

inline JobPlan Plan(const v1::JobSpec& spec, const v1::Clip& clip) {
  return PlanJob(spec, clip).value();
}

inline const PlannedTask& Find(const JobPlan& plan,
                               Stage stage,
                               std::uint32_t chunk = 0,
                               std::uint32_t round = 0) {
  return *std::find_if(plan.tasks.begin(), plan.tasks.end(), [&](const PlannedTask& task) {
    return task.place.stage == stage && task.place.chunk == chunk && task.place.round == round;
  });
}

inline std::size_t Count(const JobPlan& plan, Stage stage) {
  return static_cast<std::size_t>(
      std::count_if(plan.tasks.begin(), plan.tasks.end(),
                    [&](const PlannedTask& task) { return task.place.stage == stage; }));
}

// "denoise 3.1 x0"
inline std::vector<std::string> InputsOf(const PlannedTask& task) {
  std::vector<std::string> inputs;
  for (const PlannedInput& input : task.inputs) {
    const TaskId id{{}, input.from.stage, input.from.chunk, input.from.round};
    inputs.push_back(Name(id) + " " + input.name);
  }
  return inputs;
}

inline std::vector<std::string> OutputsOf(const PlannedTask& task) {
  std::vector<std::string> outputs;
  for (const PlannedOutput& output : task.outputs) {
    outputs.push_back(output.name);
  }
  return outputs;
}

// "finish 3: denoise 3.1 latents"
inline std::vector<std::string> InputsThatNobodyBrings(const JobPlan& plan) {
  std::set<std::string> brought;
  std::vector<std::string> missing;
  for (const PlannedTask& task : plan.tasks) {  // Each after all that it reads.
    const std::string name = Name(TaskId{{}, task.place.stage, task.place.chunk, task.place.round});
    for (const std::string& input : InputsOf(task)) {
      if (brought.count(input) == 0) {
        missing.push_back(name);
        missing.back().append(": ").append(input);
      }
    }
    for (const PlannedOutput& output : task.outputs) {
      brought.insert(std::string(name).append(" ").append(output.name));
    }
  }
  return missing;
}

}  // namespace weft::coordinator
