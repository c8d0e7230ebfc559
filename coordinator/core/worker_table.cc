#include "coordinator/core/worker_table.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace weft::coordinator {
namespace {

// So many heartbeats of a worker must be missed before it is taken for gone, whatever its pace.
constexpr int kSilentHeartbeats = 3;

}  // namespace

WorkerTable::WorkerTable(Duration silence) : silence_(silence) {
  assert(silence > Duration::zero());
}

WorkerTable::Greeting WorkerTable::Greet(const Worker& worker) {
  Life& life = lives_.try_emplace(worker.self.worker, Life{worker.self.instance, {}}).first->second;
  if (life.fenced.count(worker.self.instance) > 0) {
    return {.fenced = true};
  }
  Greeting greeting;
  if (life.newest != worker.self.instance) {
    life.fenced.insert(life.newest);
    life.newest = worker.self.instance;
    const Worker* older = Find(worker.self.worker);
    greeting.replaced = older == nullptr ? std::nullopt : std::optional(older->peer);
  }
  Leave(worker.peer);  // One connection speaks for one worker: the one it named last.
  Erase(worker.self.worker);
  Worker& seated = workers_.emplace(worker.self.worker, worker).first->second;
  Crew& crew = crews_[worker.capability];
  ++crew.size;
  Place& place = places_[worker.self.worker];
  place = {&seated, &crew, heard_.insert(heard_.end(), &place)};
  peers_[worker.peer] = &place;
  ++heartbeats_[seated.heartbeat];
  Seat(place);
  return greeting;
}

const Worker* WorkerTable::OfPeer(const PeerId& peer) const {
  Place* const* const known = peers_.Find(peer);
  return known == nullptr ? nullptr : (*known)->worker;
}

const Worker* WorkerTable::Find(const WorkerId& worker) const {
  const Place* const connected = places_.Find(worker);
  return connected == nullptr ? nullptr : connected->worker;
}

void WorkerTable::Hear(const PeerId& peer, Time now) {
  if (Place* const* const known = peers_.Find(peer); known != nullptr) {
    Place& place = **known;
    place.worker->last_heard = now;
    heard_.splice(heard_.end(), heard_, place.heard);
  }
}

void WorkerTable::Leave(const PeerId& peer) {
  if (Place* const* const known = peers_.Find(peer); known != nullptr) {
    Erase(WorkerId((*known)->worker->self.worker));
  }
}

void WorkerTable::SetHeartbeat(const WorkerId& worker, Duration heartbeat) {
  const Place* place = places_.Find(worker);
  if (place != nullptr) {
    ForgetHeartbeat(place->worker->heartbeat);
    ++heartbeats_[heartbeat];
    place->worker->heartbeat = heartbeat;
  }
}

Duration WorkerTable::Silence() const {
  return heartbeats_.empty() ? silence_
                             : std::max(silence_, kSilentHeartbeats * heartbeats_.rbegin()->first);
}

void WorkerTable::ForgetHeartbeat(Duration heartbeat) {
  const auto told = heartbeats_.find(heartbeat);
  if (--told->second == 0) {
    heartbeats_.erase(told);
  }
}

std::vector<Worker> WorkerTable::DropSilent(Time now) {
  std::vector<Worker> silent;
  while (!heard_.empty() && heard_.front()->worker->last_heard + Silence() <= now) {
    silent.push_back(*heard_.front()->worker);
    Erase(silent.back().self.worker);
  }
  std::sort(silent.begin(), silent.end(), [](const Worker& a, const Worker& b) {
    return std::tie(a.last_heard, a.self.worker) < std::tie(b.last_heard, b.self.worker);
  });
  return silent;
}

std::optional<Time> WorkerTable::NextSilence() const {
  if (heard_.empty()) {
    return std::nullopt;
  }
  return heard_.front()->worker->last_heard + Silence();
}

void WorkerTable::SetBusy(const WorkerId& worker, bool busy) {
  const Place* place = places_.Find(worker);
  if (place != nullptr && place->worker->busy != busy) {
    Unseat(*place);
    place->worker->busy = busy;
    Seat(*place);
  }
}

void WorkerTable::SetLeaving(const WorkerId& worker, bool leaving) {
  const Place* place = places_.Find(worker);
  if (place != nullptr && place->worker->leaving != leaving) {
    Unseat(*place);
    place->worker->leaving = leaving;
    Seat(*place);
  }
}

void WorkerTable::SetWarm(const WorkerId& worker, const std::string& key) {
  const Place* place = places_.Find(worker);
  if (place != nullptr && place->worker->warm != key) {
    Unseat(*place);
    place->worker->warm = key;
    Seat(*place);
  }
}

void WorkerTable::SetBarred(const WorkerId& worker, Bar bar, bool barred) {
  std::set<WorkerId>& those = bar == Bar::kDrained ? drained_ : aside_;
  const Place* place = places_.Find(worker);
  if (place != nullptr) {
    Unseat(*place);
  }
  if (barred) {
    those.insert(worker);
  } else {
    those.erase(worker);
  }
  if (place != nullptr) {
    Seat(*place);
  }
}

bool WorkerTable::IsBarred(const WorkerId& worker, Bar bar) const {
  return (bar == Bar::kDrained ? drained_ : aside_).count(worker) > 0;
}

bool WorkerTable::IsIdle(const WorkerId& worker) const {
  const Worker* connected = Find(worker);
  return connected != nullptr && MayBeIdle(*connected);
}

std::size_t WorkerTable::CountAble(const Requirement& requirement) const {
  std::size_t count = 0;
  for (const auto& [capability, crew] : crews_) {
    count += FindLack(capability, requirement).has_value() ? 0 : crew.size;
  }
  for (const std::set<WorkerId>* barred : {&drained_, &aside_}) {
    for (const WorkerId& id : *barred) {
      const Worker* worker = Find(id);
      const bool twice = barred == &aside_ && drained_.count(id) > 0;
      count -= worker != nullptr && !twice && !FindLack(worker->capability, requirement) ? 1 : 0;
    }
  }
  return count;
}

void WorkerTable::Erase(const WorkerId& worker) {
  const Place* const connected = places_.Find(worker);
  if (connected == nullptr) {
    return;
  }
  const Place& place = *connected;
  Unseat(place);
  peers_.Erase(place.worker->peer);
  heard_.erase(place.heard);
  ForgetHeartbeat(place.worker->heartbeat);
  if (--place.crew->size == 0) {
    crews_.erase(place.worker->capability);
  }
  workers_.erase(worker);
  places_.Erase(worker);
}

void WorkerTable::Seat(const Place& place) {
  const Worker& worker = *place.worker;
  if (!MayBeIdle(worker)) {
    return;
  }
  Crew& crew = *place.crew;
  idle_count_ += crew.idle.insert(worker.self.worker).second ? 1 : 0;
  if (!worker.warm.empty()) {
    crew.warm[worker.warm].insert(worker.self.worker);
  }
}

void WorkerTable::Unseat(const Place& place) {
  const Worker& worker = *place.worker;
  Crew& crew = *place.crew;
  idle_count_ -= crew.idle.erase(worker.self.worker);
  const auto warm = crew.warm.find(worker.warm);
  if (warm != crew.warm.end()) {
    warm->second.erase(worker.self.worker);
    if (warm->second.empty()) {
      crew.warm.erase(warm);
    }
  }
}

bool WorkerTable::MayBeIdle(const Worker& worker) const {
  return !worker.busy && !worker.leaving && drained_.count(worker.self.worker) == 0 &&
         aside_.count(worker.self.worker) == 0;
}

}  // namespace weft::coordinator
