#include "coordinator/core/placement.h"

#include <algorithm>
#include <cassert>
#include <set>

namespace weft::coordinator {
namespace {

constexpr Duration kPostponed{1000};
constexpr Duration kChoosy{30'000};

bool Avoids(const Task& task, const WorkerId& worker) {
  return std::find(task.avoids.begin(), task.avoids.end(), worker) != task.avoids.end();
}

// The first that the task does not avoid. It avoids few.
const WorkerId* FirstFor(const Task& task, const std::set<WorkerId>& idle) {
  const auto first = std::find_if(idle.begin(), idle.end(),
                                  [&](const WorkerId& worker) { return !Avoids(task, worker); });
  return first == idle.end() ? nullptr : &*first;
}

const WorkerId* ChooseFrom(const Crew& crew, const Task& task, const std::string& model) {
  const auto warm = crew.warm.find(model);
  const WorkerId* chosen = warm == crew.warm.end() ? nullptr : FirstFor(task, warm->second);
  return chosen != nullptr ? chosen : FirstFor(task, crew.idle);
}

// Whether the task may wait for a worker that it does not avoid.
bool CanBeChoosy(const Task& task, const WorkerTable& workers, Time now) {
  const bool patient = !task.choosy_until.has_value() || now < *task.choosy_until;
  return patient && workers.CountAble(*task.requirement) > task.avoids.size();
}

}  // namespace

std::optional<Assignment> PlaceNext(const JobTable& jobs,
                                    const WorkerTable& workers,
                                    Time now,
                                    TaskTable& tasks) {
  if (tasks.Ready().Empty() || workers.IdleCount() == 0) {
    return std::nullopt;
  }
  for (const auto& [capability, crew] : workers.Crews()) {
    while (!crew.idle.empty()) {
      const ReadyTask* const ready = tasks.Ready().First(capability);
      if (ready == nullptr) {
        break;
      }
      assert(ready->task != nullptr);
      Task& task = *ready->task;
      const std::string& model = jobs.Find(task.id.job)->model_key;
      const WorkerId* worker = ChooseFrom(crew, task, model);
      if (worker == nullptr && !CanBeChoosy(task, workers, now)) {
        worker = &*crew.idle.begin();
      }
      if (worker != nullptr) {
        return Assignment{task, *workers.Find(*worker)};
      }
      tasks.Postpone(task, now + kPostponed, now + kChoosy);
    }
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
