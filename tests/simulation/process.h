// A worker's process: the real agent, and a device that takes its time and sometimes fails.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/audit.h"
#include "tests/simulation/blobs.h"
#include "tests/simulation/scenario.h"
#include "worker/agent/agent.h"

namespace weft::simulation {

// What all workers of a run share.
struct Site {
  const Scenario& scenario;
  Audit& audit;
  Blobs& blobs;
  // What each worker's disk keeps: results that were not acknowledged.
  std::map<std::string, std::vector<v1::ToCoordinator>> outboxes = {};
  // By job and how often other versions began it anew: the numeric class of the worker that began
  // to compute its pictures.
  std::map<std::pair<std::string, std::size_t>, std::string> classes = {};
};

class Process {
 public:
  // site: outlives this.
  // Takes up the results that earlier lives of the worker have kept on its disk.
  Process(Site& site,
          const std::string& worker,
          std::uint64_t instance,
          std::uint32_t version,
          bool first_seat);

  [[nodiscard]] const std::string& Name() const { return name_; }  // "worker-1#7"
  [[nodiscard]] std::uint32_t Version() const { return version_; }

  // What it says to an event, or to what is due by now.
  std::vector<v1::ToCoordinator> Feed(const worker::AgentEvent& event, Time now);
  std::vector<v1::ToCoordinator> Live(Time now);

  // That its task is done, when it is not: the outputs it names are not what is in the store.
  // Nothing while it runs none, or one whose outcome lies outside of the farm: a job's last.
  [[nodiscard]] std::optional<v1::ToCoordinator> LieAboutTask() const;

  // When it next does something of its own accord.
  [[nodiscard]] Time NextWakeup() const;

  // It left of its own will, or was told to.
  [[nodiscard]] bool Exited() const { return exited_; }

  // It hears and says nothing until then.
  Time hung_until{};
  // When it is next asked to live; kept by its world.
  std::optional<Time> planned;

 private:
  struct Run {
    v1::Task task;
    AttemptId attempt;
    Time half;
    Time end;
    bool moved = false;
    bool abandoned = false;
    bool starved = false;  // Its inputs are gone, because another attempt was first.
  };

  // That the agent keeps its own side of the conversation.
  void CheckWords(const worker::AgentEvent& event, const worker::AgentEffects& effects);
  void CheckHeard(const v1::FromCoordinator& message, const worker::AgentEffects& effects);
  void Begin(const v1::Task& task, Time now);
  // Whether all inputs are there.
  [[nodiscard]] bool CheckInputs(const v1::Task& task) const;
  void CheckClass(const v1::Task& task) const;
  [[nodiscard]] worker::AgentEvent Outcome(const Run& run) const;
  [[nodiscard]] v1::TaskResult Result(const v1::Task& task) const;

  Site& site_;
  std::vector<v1::ToCoordinator>& outbox_;
  std::string name_;
  worker::Agent agent_;
  std::string numeric_class_;
  const std::uint32_t version_;
  std::optional<Run> run_;
  std::vector<AttemptId> unacknowledged_;  // Its results, until it was told that they are safe.
  bool exited_ = false;
};

}  // namespace weft::simulation
