#include "coordinator/server/batch.h"

#include <algorithm>
#include <iterator>

namespace weft::coordinator {
namespace {

template <typename T>
void MoveAll(std::vector<T>& from, std::vector<T>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

}  // namespace

void Batch::Add(Effects& effects) {
  for (const Record& record : effects.records) {
    records.Add(record);
  }
  effects.records.clear();
  for (const Message& message : effects.messages) {
    // A worker that is told that its outcome counts is given its next task in the same breath.
    if (letters.empty() || letters.back().to != message.to) {
      letters.push_back({message.to, {}});
    }
    letters.back().messages.push_back(message.ToBytes());
  }
  effects.messages.clear();
  MoveAll(effects.notes, notes);
  MoveAll(effects.drops, drops);
}

bool Batch::empty() const {
  return records.empty() && letters.empty() && notes.empty() && drops.empty();
}

void Batch::clear() {
  records.clear();
  letters.clear();
  notes.clear();
  drops.clear();
}

}  // namespace weft::coordinator
