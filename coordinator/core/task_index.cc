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
