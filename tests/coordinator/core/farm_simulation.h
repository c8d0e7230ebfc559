// The real core, model workers and clients in one thread: a simulated clock, a network that delays,
// reorders, repeats and drops, workers that crash and freeze, a coordinator that is killed between
// any two steps. Everything follows from the seed.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "coordinator/core/farm.h"
#include "tests/coordinator/core/farm_invariants.h"
#include "tests/coordinator/core/model_client.h"
#include "tests/coordinator/core/model_worker.h"

namespace weft::coordinator {

class FarmSimulation {
 public:
  struct Report {
    std::string breach;  // Empty when all is well.
    int jobs_done = 0;
    int jobs_ended = 0;
    int restarts = 0;
    int worker_crashes = 0;
    int superseded = 0;
  };

  explicit FarmSimulation(std::uint64_t seed);

  // Chaos for some minutes, then calm until every job has ended.
  Report Run();

 private:
  struct Step {
    Time when;
    std::uint64_t order;  // Steps of the same time run in the order they were planned.
    std::function<void()> act;

    friend bool operator<(const Step& a, const Step& b) {
      return std::tie(b.when, b.order) < std::tie(a.when, a.order);  // The earliest is the largest.
    }
  };

  struct Seat {  // A worker's place on a machine; processes come and go.
    std::string name;
    std::unique_ptr<ModelWorker> process;
    Time frozen_until{};
  };

  void Plan(Duration delay, std::function<void()> act);
  [[nodiscard]] bool Chance(double probability);
  [[nodiscard]] Duration Between(int low_ms, int high_ms);
  [[nodiscard]] v1::JobSpec RandomSpec();

  void StartCoordinator();
  void KillCoordinator();
  void Handle(const Event& event);
  // False: the coordinator was killed before that.
  bool Commit(const Effects& effects);
  void Send(const Effects& effects);
  void TickWhenDue();

  void StartWorker(Seat& seat);
  void LiveWorker(Seat& seat);
  void LiveClient(ModelClient& client);
  void Disturb();

  void Transmit(std::function<void()> deliver);
  void ToCoordinator(const PeerId& from, const v1::ToCoordinator& message);
  void ToPeer(const PeerId& to, const v1::FromCoordinator& message);

  void Breach(const std::string& what);
  [[nodiscard]] bool AllEnded() const;

  std::mt19937_64 random_;
  Time now_{Duration(1000)};
  Time chaos_end_;
  std::uint64_t order_ = 0;
  std::uint64_t instances_ = 0;
  std::priority_queue<Step> steps_;
  std::unique_ptr<Farm> farm_;
  ModelDisk disk_;
  ModelBlobs blobs_;
  std::vector<Seat> seats_;
  std::vector<std::unique_ptr<ModelClient>> clients_;
  ModelWorker::Habits habits_;
  Report report_;
};

}  // namespace weft::coordinator
