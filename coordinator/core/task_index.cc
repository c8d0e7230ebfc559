#include "coordinator/core/task_index.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/task_table.h"

namespace weft::coordinator {

void TaskIndex::Insert(Task& task) {
  if (2 * (count_ + 1) > slots_.size()) {
    Grow();
  }
  Put({IdHash()(task.id), &task});
  ++count_;
}

Task* TaskIndex::Find(const TaskId& id) const {
  if (slots_.empty()) {
    return nullptr;
  }
  if (last_found_ != nullptr && last_found_->id == id) {
    return last_found_;
  }
  const std::size_t hash = IdHash()(id);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask; slots_[i].task != nullptr; i = (i + 1) & mask) {
    if (slots_[i].hash == hash && slots_[i].task->id == id) {
      return last_found_ = slots_[i].task;
    }
  }
  return nullptr;
}

void TaskIndex::Erase(const Task& task) {
  last_found_ = nullptr;
  --count_;
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = IdHash()(task.id) & mask;
  while (slots_[hole].task != &task) {
    hole = (hole + 1) & mask;
  }
  // Whoever stands behind it moves up, unless that would be in front of the slot that their hash
  // names: Find() goes no further than to a free slot.
  for (std::size_t i = (hole + 1) & mask; slots_[i].task != nullptr; i = (i + 1) & mask) {
    const std::size_t from_own = (i - slots_[i].hash) & mask;
    const std::size_t from_hole = (i - hole) & mask;
    if (from_own >= from_hole) {
      slots_[hole] = slots_[i];
      hole = i;
    }
  }
  slots_[hole] = Slot{};
}

void TaskIndex::Put(const Slot& full) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = full.hash & mask;
  while (slots_[i].task != nullptr) {
    i = (i + 1) & mask;
  }
  slots_[i] = full;
}

void TaskIndex::Grow() {
  constexpr std::size_t kSlotsMin = 64;
  const std::vector<Slot> before = std::exchange(slots_, {});
  slots_.resize(std::max(kSlotsMin, 2 * before.size()));
  for (const Slot& slot : before) {
    if (slot.task != nullptr) {
      Put(slot);
    }
  }
}

}  // namespace weft::coordinator
