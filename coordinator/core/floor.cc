#include "coordinator/core/floor.h"

#include <utility>

namespace weft::coordinator {

void Tell(Job& job, Note note, Effects& effects) {
  job.news.Add(note.text);
  note.job = job.id.value;
  effects.notes.push_back(std::move(note));
}

}  // namespace weft::coordinator
