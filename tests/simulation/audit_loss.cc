// What is watched where outputs of tasks were lost after they were done: of Audit, see its header.

#include <algorithm>

#include "common/wire/ids_wire.h"
#include "tests/coordinator/core/farm_invariants.h"
#include "tests/simulation/audit.h"

namespace weft::simulation {

void Audit::OnRunAgain(const coordinator::Floor& floor, const std::set<TaskId>& tasks) {
  for (const TaskId& id : tasks) {
    committed_.erase(id);
    lost_.insert(id);
  }
  if (auto breach = coordinator::FindBreach(floor); breach.has_value()) {
    Breach(*breach);
  }
}

bool Audit::CheckRunAgain(const v1::LedgerRecord& before, const v1::LedgerRecord& after) {
  if (!after.has_task() || before.task().state() != v1::TASK_STATE_DONE ||
      lost_.count(*FromWire(after.task().task())) == 0) {
    return false;
  }
  const std::uint32_t lost = std::max(before.task().starts(), before.task().attempt());
  if (after.task().state() == v1::TASK_STATE_DONE) {
    const bool is_new = after.task().attempt() > before.task().attempt();
    if (is_new) {
      lost_.erase(*FromWire(after.task().task()));
    }
    return is_new;
  }
  if (after.task().starts() <= lost) {
    Breach("what runs again has the number of what was lost: " + before.ShortDebugString());
  }
  return true;
}

}  // namespace weft::simulation
