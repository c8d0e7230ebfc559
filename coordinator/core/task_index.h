// Tasks by their ids. A table of a million tasks outgrows every cache, so looking one up must touch
// little: a slot of this index and the task itself. Its memory only ever grows; one thread.

#pragma once

#include <cstddef>
#include <vector>

#include "common/ids.h"

namespace weft::coordinator {

struct Task;

class TaskIndex {
 public:
  // REQUIRES: no task of this id is there; the task stays where it is, and keeps its id.
  void Insert(Task& task);

  // REQUIRES: it was inserted.
  void Erase(const Task& task);

  // Null when there is none.
  [[nodiscard]] Task* Find(const TaskId& id) const;

 private:
  // A task stands in the slot that its hash names, or else in the first free one behind it.
  struct Slot {
    std::size_t hash = 0;
    Task* task = nullptr;
  };

  void Put(const Slot& full);
  void Grow();

  mutable Task* last_found_ = nullptr;  // An event is about one task most often.
  std::vector<Slot> slots_;             // None, or a power of two; at most half of them are full.
  std::size_t count_ = 0;
};

}  // namespace weft::coordinator
