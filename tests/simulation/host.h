// The coordinator's process: the real core and, around it, what its server does: one batch a turn,
// first on disk and then said. It can die at any point of a turn.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/farm.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/blobs.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/fault.h"
#include "tests/simulation/random.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/timeline.h"

namespace weft::simulation {

class Host {
 public:
  // False: the peer cannot be reached.
  using Send = std::function<bool(const coordinator::Message&)>;

  struct Site {
    const Scenario& scenario;
    Timeline& timeline;
    Disk& disk;
    Blobs& blobs;
    Audit& audit;
  };

  // site: what it refers to outlives this.
  Host(const Site& site, Send send);

  void Start();

  // Dies at the point that fault.detail names, as soon as it comes there.
  void Kill(const Fault& fault);

  // Commits fail until then.
  void FillDiskUntil(Time when) { full_until_ = std::max(full_until_, when); }

  // It is stopped at once, and started after `span` as what the fault has brought.
  void Replace(const Fault& fault, Duration span);

  // With its next turn, outputs are gone of some tasks that are done, and it knows.
  void LoseOutputs(const Fault& fault);

  // Drops what nobody needs of the blobs there are. REQUIRES: it is alive.
  void Sweep();

  void Arrive(const PeerId& from, const v1::ToCoordinator& message);
  // From a worker's process of this version.
  void Arrive(const PeerId& from, v1::ToCoordinator message, std::uint32_t version);

  // Null while it is dead.
  [[nodiscard]] const coordinator::Farm* Farm() const { return farm_.get(); }

 private:
  void Die(Duration span);
  // Whether it dies here.
  bool Dies(KillPoint here);
  // Plans `act` for this life; it is void when the coordinator dies before.
  void Plan(Duration delay, std::function<void()> act);
  void PlanTurn(Duration delay);
  void Turn();
  void Handle(const coordinator::Event& event, coordinator::Effects& effects);
  // Some of what tasks that are done have stored is there no more.
  void Rot(const Fault& fault);
  // What is lost runs again, where somebody reads it.
  void RunLostAgain(coordinator::Effects& effects);
  void Commit(coordinator::Effects effects);
  void Finish(const coordinator::Effects& effects);
  void Drop(const std::string& prefix);
  [[nodiscard]] std::set<std::string> FindUnneeded() const;
  // What the blob store says against the outcome.
  [[nodiscard]] std::optional<std::string> FindLie(const v1::ToCoordinator& message) const;
  void TickWhenDue();

  Site site_;
  Send send_;
  Random random_;
  std::unique_ptr<coordinator::Farm> farm_;
  std::uint64_t life_ = 0;
  std::vector<coordinator::Event> inbox_;
  bool in_turn_ = false;
  std::optional<Fault> doom_;
  std::optional<Fault> rot_;
  std::vector<AttemptId> lost_;  // Whose outputs are, in any life.
  Time full_until_{};
  Software installed_;
  std::uint32_t version_ = 0;  // That runs, or ran last.
};

}  // namespace weft::simulation
