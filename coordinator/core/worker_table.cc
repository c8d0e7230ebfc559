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
  ++by_device_[worker.device];
  SetBusy(worker.self.worker, worker.busy);
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

void WorkerTable::SetBusy(const WorkerId& worker, bool busy) {
  const auto connected = workers_.find(worker);
  if (connected == workers_.end()) {
    return;
  }
  connected->second.busy = busy;
  if (busy) {
    idle_.erase(worker);
  } else {
    idle_.insert(worker);
  }
}

std::size_t WorkerTable::CountOf(const std::string& device) const {
  const auto count = by_device_.find(device);
  return count == by_device_.end() ? 0 : count->second;
}

void WorkerTable::Erase(const WorkerId& worker) {
  const auto connected = workers_.find(worker);
  if (connected == workers_.end()) {
    return;
  }
  peers_.erase(connected->second.peer);
  by_last_heard_.erase({connected->second.last_heard, worker});
  idle_.erase(worker);
  --by_device_.at(connected->second.device);
  workers_.erase(connected);
}

}  // namespace weft::coordinator
