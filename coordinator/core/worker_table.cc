#include "coordinator/core/worker_table.h"

#include <cassert>

namespace weft::coordinator {

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
  workers_.emplace(worker.self.worker, worker);
  peers_.emplace(worker.peer, worker.self.worker);
  by_last_heard_.emplace(worker.last_heard, worker.self.worker);
  ++crews_[worker.capability].size;
  Seat(workers_.at(worker.self.worker));
  return greeting;
}

const Worker* WorkerTable::OfPeer(const PeerId& peer) const {
  const auto known = peers_.find(peer);
  return known == peers_.end() ? nullptr : &workers_.at(known->second);
}

const Worker* WorkerTable::Find(const WorkerId& worker) const {
  const auto connected = workers_.find(worker);
  return connected == workers_.end() ? nullptr : &connected->second;
}

void WorkerTable::Hear(const PeerId& peer, Time now) {
  const auto known = peers_.find(peer);
  if (known == peers_.end()) {
    return;
  }
  Worker& worker = workers_.at(known->second);
  by_last_heard_.erase({worker.last_heard, known->second});
  worker.last_heard = now;
  by_last_heard_.emplace(now, known->second);
}

void WorkerTable::Leave(const PeerId& peer) {
  const auto known = peers_.find(peer);
  if (known != peers_.end()) {
    Erase(WorkerId(known->second));
  }
}

std::vector<Worker> WorkerTable::DropSilent(Time now) {
  std::vector<Worker> silent;
  while (!by_last_heard_.empty() && by_last_heard_.begin()->first + silence_ <= now) {
    const WorkerId worker = by_last_heard_.begin()->second;
    silent.push_back(workers_.at(worker));
    Erase(worker);
  }
  return silent;
}

std::optional<Time> WorkerTable::NextSilence() const {
  if (by_last_heard_.empty()) {
    return std::nullopt;
  }
  return by_last_heard_.begin()->first + silence_;
}

void WorkerTable::SetBusy(const WorkerId& id, bool busy) {
  const auto connected = workers_.find(id);
  if (connected != workers_.end() && connected->second.busy != busy) {
    Unseat(connected->second);
    connected->second.busy = busy;
    Seat(connected->second);
  }
}

void WorkerTable::SetLeaving(const WorkerId& id, bool leaving) {
  const auto connected = workers_.find(id);
  if (connected != workers_.end() && connected->second.leaving != leaving) {
    Unseat(connected->second);
    connected->second.leaving = leaving;
    Seat(connected->second);
  }
}

void WorkerTable::SetWarm(const WorkerId& id, const std::string& key) {
  const auto connected = workers_.find(id);
  if (connected != workers_.end() && connected->second.warm != key) {
    Unseat(connected->second);
    connected->second.warm = key;
    Seat(connected->second);
  }
}

void WorkerTable::SetBarred(const WorkerId& id, Bar bar, bool barred) {
  std::set<WorkerId>& those = bar == Bar::kDrained ? drained_ : aside_;
  const auto connected = workers_.find(id);
  if (connected != workers_.end()) {
    Unseat(connected->second);
  }
  if (barred) {
    those.insert(id);
  } else {
    those.erase(id);
  }
  if (connected != workers_.end()) {
    Seat(connected->second);
  }
}

bool WorkerTable::IsBarred(const WorkerId& worker, Bar bar) const {
  return (bar == Bar::kDrained ? drained_ : aside_).count(worker) > 0;
}

bool WorkerTable::IsIdle(const WorkerId& id) const {
  const Worker* worker = Find(id);
  return worker != nullptr && MayBeIdle(*worker);
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
  const auto connected = workers_.find(worker);
  if (connected == workers_.end()) {
    return;
  }
  Unseat(connected->second);
  peers_.erase(connected->second.peer);
  by_last_heard_.erase({connected->second.last_heard, worker});
  const auto crew = crews_.find(connected->second.capability);
  if (--crew->second.size == 0) {
    crews_.erase(crew);
  }
  workers_.erase(connected);
}

void WorkerTable::Seat(const Worker& worker) {
  if (!MayBeIdle(worker)) {
    return;
  }
  Crew& crew = crews_.at(worker.capability);
  idle_count_ += crew.idle.insert(worker.self.worker).second ? 1 : 0;
  if (!worker.warm.empty()) {
    crew.warm[worker.warm].insert(worker.self.worker);
  }
}

void WorkerTable::Unseat(const Worker& worker) {
  Crew& crew = crews_.at(worker.capability);
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
