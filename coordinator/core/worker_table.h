// Which workers are connected, which life of theirs counts, and when each was last heard.

#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/time.h"
#include "common/transport.h"
#include "coordinator/core/holder.h"
#include "coordinator/core/recent_map.h"
#include "coordinator/core/requirement.h"

namespace weft::coordinator {

struct Worker {
  Holder self = {};
  std::string build = {};  // For people.
  PeerId peer = {};
  Capability capability = {};
  Time last_heard = {};
  Duration heartbeat = {};  // It was told to speak this often.
  bool busy = false;        // Runs something, ours or not.
  bool leaving = false;     // Takes nothing more, by its own account.
  std::string warm = {};    // Key of the model it has loaded, by its own account; empty: none.
};

// Connected workers of equal capability.
struct Crew {
  std::size_t size = 0;
  std::set<WorkerId> idle = {};                         // May be given a task now.
  std::map<std::string, std::set<WorkerId>> warm = {};  // Those of them with a model, by its key.
};

// REQUIRES: the time, of Greet() and Hear(), never goes back.
class WorkerTable {
 public:
  // silence: how long a worker may say nothing at least before it is taken for gone. REQUIRES: > 0.
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

  // A connected worker was told to speak this often. The slowest of all says how long every one may
  // be silent: Silence().
  void SetHeartbeat(const WorkerId& worker, Duration heartbeat);
  [[nodiscard]] Duration Silence() const;

  // Removes the workers silent since `now - Silence()` or longer, and returns them, ordered by when
  // they were last heard and by name.
  std::vector<Worker> DropSilent(Time now);
  [[nodiscard]] std::optional<Time> NextSilence() const;

  // No effect on a worker that is not connected.
  void SetBusy(const WorkerId& worker, bool busy);
  void SetLeaving(const WorkerId& worker, bool leaving);
  void SetWarm(const WorkerId& worker, const std::string& key);

  // A barred worker is never idle, whether it is connected or not: an operator drains it, or it is
  // set aside.
  enum class Bar { kDrained, kAside };
  void SetBarred(const WorkerId& worker, Bar bar, bool barred);
  [[nodiscard]] bool IsBarred(const WorkerId& worker, Bar bar) const;

  // Whom an operator drained, connected or not.
  [[nodiscard]] const std::set<WorkerId>& Drained() const { return drained_; }

  [[nodiscard]] bool IsIdle(const WorkerId& worker) const;
  [[nodiscard]] std::size_t IdleCount() const { return idle_count_; }
  [[nodiscard]] std::size_t size() const { return workers_.size(); }
  // Ordered by capability; without workers that are gone.
  [[nodiscard]] const std::map<Capability, Crew>& Crews() const { return crews_; }
  // Connected workers that are not barred and have what the task asks for.
  [[nodiscard]] std::size_t CountAble(const Requirement& requirement) const;
  [[nodiscard]] const std::map<WorkerId, Worker>& All() const { return workers_; }

 private:
  struct Life {
    InstanceId newest;
    std::set<InstanceId> fenced;
  };

  // What belongs to a worker that is connected.
  struct Place {
    Worker* worker = nullptr;
    Crew* crew = nullptr;
    std::list<Place*>::iterator heard = {};
  };
  struct PeerHash {
    std::size_t operator()(const PeerId& peer) const {
      return std::hash<std::string>()(peer.value);
    }
  };

  void Erase(const WorkerId& worker);
  void ForgetHeartbeat(Duration heartbeat);
  void Seat(const Place& place);    // Among the idle of its crew, if it is idle.
  void Unseat(const Place& place);  // Before anything about it changes.
  [[nodiscard]] bool MayBeIdle(const Worker& worker) const;

  Duration silence_;
  std::map<Duration, std::size_t> heartbeats_;  // Of connected workers; how many were told each.
  std::map<WorkerId, Worker> workers_;          // Connected.
  RecentMap<WorkerId, Place> places_;
  RecentMap<PeerId, Place*, PeerHash> peers_;
  std::list<Place*> heard_;  // Whoever was not heard for the longest time is the first.
  std::map<Capability, Crew> crews_;
  std::size_t idle_count_ = 0;
  std::set<WorkerId> drained_;
  std::set<WorkerId> aside_;
  std::map<WorkerId, Life> lives_;  // Of every worker ever seen.
};

}  // namespace weft::coordinator
