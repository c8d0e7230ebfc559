#include "coordinator/core/floor.h"

#include <utility>

#include "common/wire/ids_wire.h"

namespace weft::coordinator {

bool HoldsAny(const Floor& floor, const WorkerId& worker) {
  return floor.leases.Holds(worker) || floor.elders.Holds(worker);
}

void TellToStop(const Lease& lease, const Floor& floor, Effects& effects) {
  const Worker* worker = floor.workers.Find(lease.holder.worker);
  if (worker == nullptr || worker->self != lease.holder) {
    return;
  }
  Message stop{worker->peer, {}};
  *stop.body.mutable_worker_verdict()->add_abandon() = ToWire(lease.attempt);
  effects.messages.push_back(std::move(stop));
}

void Tell(Job& job, Note note, Effects& effects) {
  job.news.Add(note.text);
  note.job = job.id.value;
  effects.notes.push_back(std::move(note));
}

}  // namespace weft::coordinator
