// Which workers are connected, which life of theirs counts, and when each was last heard.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "common/time.h"
#include "common/transport.h"
#include "coordinator/core/holder.h"

namespace weft::coordinator {

struct Worker {
  Holder self = {};
  PeerId peer = {};
  std::string device = {};  // "cpu" or "cuda".
  Time last_heard = {};
  bool busy = false;  // Runs something, ours or not.
};

class WorkerTable {
 public:
  // silence: how long a worker may say nothing before it is taken for gone. REQUIRES: > 0.
  explicit WorkerTable(Duration silence);

  struct Greeting {
    bool fenced = false;                  // An older life than one already seen: it must stop.
    std::optional<PeerId> replaced = {};  // The connection of the life that this one replaces.
  };

  // A worker says hello over worker.peer. The newest life of a worker counts; its older lives are
  // fenced for ever, and nothing is changed for those.
  Greeting Greet(const Worker& worker);

  // The worker that speaks over `peer`; null when none does.
  [[nodiscard]] const Worker* OfPeer(const PeerId& peer) const;
  // The worker of that name; null when it is not connected.
  [[nodiscard]] const Worker* Find(const WorkerId& worker) const;

  // Any message counts as a sign of life.
  void Hear(const PeerId& peer, Time now);

  // The connection is gone. What the worker runs is not our business: leases end on their own.
  void Leave(const PeerId& peer);

  // Removes the workers silent since `now - silence` or longer, and returns them.
  std::vector<Worker> DropSilent(Time now);
  [[nodiscard]] std::optional<Time> NextSilence() const;

  // No effect on a worker that is not connected.
  void SetBusy(const WorkerId& worker, bool busy);

  [[nodiscard]] const std::set<WorkerId>& Idle() const { return idle_; }
  [[nodiscard]] std::size_t size() const { return workers_.size(); }
  [[nodiscard]] std::size_t CountOf(const std::string& device) const;

 private:
  struct Life {
    InstanceId newest;
    std::set<InstanceId> fenced;
  };

  void Erase(const WorkerId& worker);

  Duration silence_;
  std::map<WorkerId, Worker> workers_;  // Connected.
  std::map<PeerId, WorkerId> peers_;
  std::set<std::pair<Time, WorkerId>> by_last_heard_;
  std::set<WorkerId> idle_;
  std::map<std::string, std::size_t> by_device_;
  std::map<WorkerId, Life> lives_;  // Of every worker ever seen.
};

}  // namespace weft::coordinator
