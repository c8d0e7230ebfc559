// One run: the coordinator, workers and clients of a scenario, joined by a network, until every job
// has ended.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/coordinator/core/model_client.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/host.h"
#include "tests/simulation/network.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"

namespace weft::simulation {

struct Report {
  std::string breach;  // Empty when all is well.
  std::uint32_t jobs_done = 0;
  std::uint32_t jobs_ended = 0;
  std::uint64_t steps = 0;
  std::vector<std::string> trace;  // If asked for.
};

class World {
 public:
  // scenario: outlives this.
  World(const Scenario& scenario, bool traces);

  Report Run();

 private:
  struct Seat {  // A worker's place on a machine; processes come and go.
    std::string worker;
    Link up;
    Link down;
    std::vector<std::shared_ptr<Process>> processes = {};
    std::map<const Process*, std::string> peers = {};  // Each process's connection.
    Software installed = {};
  };

  // Until every job has ended, or something was broken. Returns how many steps that took.
  std::uint64_t StepToTheEnd();
  void StartProcess(Seat& seat);
  void EndProcess(Seat& seat, const Process& process);
  void Live(Seat& seat, const std::shared_ptr<Process>& process);
  void Say(Seat& seat, const Process& process, std::vector<v1::ToCoordinator> messages);
  void Hear(Seat& seat,
            const std::shared_ptr<Process>& process,
            const std::shared_ptr<const v1::FromCoordinator>& message);
  bool Send(const coordinator::Message& message);
  bool SendToClient(const coordinator::Message& message);
  void LiveClient(std::size_t index);

  void Strike(const Fault& fault);
  void ReplaceVersion(const Fault& fault);
  void StrikeSeat(const Fault& fault, Seat& seat);
  void StrikeProcess(const Fault& fault, Seat& seat, const std::shared_ptr<Process>& process);
  void AskToLeave(Seat& seat,
                  const std::shared_ptr<Process>& process,
                  const worker::AgentEvent& event);
  void Lie(Seat& seat, const Process& process, std::uint32_t detail);
  void LiveOperator();
  void CalmDown();
  [[nodiscard]] bool AllEnded() const;

  const Scenario& scenario_;
  Timeline timeline_;
  Disk disk_;
  Blobs blobs_;
  Audit audit_;
  Site site_;
  Host host_;
  std::vector<Seat> seats_;
  std::vector<coordinator::ModelClient> clients_;
  std::vector<Link> client_links_;      // Two for each client: up, down.
  std::map<std::string, bool> drains_;  // Workers, as the operator wants them; told ones are gone.
  std::uint64_t instances_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace weft::simulation
