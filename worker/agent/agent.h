// The worker's side of the conversation with the coordinator, as a pure state machine: what it
// hears and what its task does go in, what to say and do comes out. No socket, thread or clock
// inside.
//
// An outcome is repeated until the coordinator has acknowledged it, so neither a lost message nor a
// coordinator that restarts loses finished work.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "common/time.h"
#include "weft/v1/envelope.pb.h"

namespace weft::worker {

// ---- events

struct Heard {
  v1::FromCoordinator message;
};

struct TaskMoved {
  AttemptId attempt;
  double fraction = 0;  // Of its work, 0 to 1.
};

struct TaskSucceeded {
  AttemptId attempt;
  v1::TaskResult result;
};

struct TaskErred {
  AttemptId attempt;
  Error error;
};

// Somebody wants this worker to leave: the task is stopped and given back.
struct StopAsked {};

struct Tick {};

using AgentEvent = std::variant<Heard, TaskMoved, TaskSucceeded, TaskErred, StopAsked, Tick>;

// ---- effects, in this order

struct AgentEffects {
  std::optional<std::string> bulk_address;  // Blobs are here from now on.
  bool abandon = false;                     // Stop the running task; its end is still reported.
  std::optional<v1::Task> start;            // Run this; nothing else runs.
  std::vector<v1::ToCoordinator> messages;
  bool exit = false;                // Leave, after the messages are sent.
  std::optional<Error> exit_error;  // Why, if it is not in peace.
  std::vector<std::string> notes;   // For the log.
};

struct AgentIdentity {
  WorkerId worker;
  InstanceId instance;
  std::string build;   // For people.
  std::string device;  // "cpu" or "cuda".
};

class Agent {
 public:
  explicit Agent(AgentIdentity identity) : identity_(std::move(identity)) {}

  AgentEffects Handle(const AgentEvent& event, Time now);

  // When the next Tick is due.
  [[nodiscard]] Time NextWakeup() const { return wakeup_; }

 private:
  struct Running {
    AttemptId attempt;
    double fraction = 0;
    bool abandoned = false;
  };

  void On(const Heard& heard, Time now, AgentEffects* effects);
  void On(const TaskMoved& moved, Time now, AgentEffects* effects);
  void On(const TaskSucceeded& succeeded, Time now, AgentEffects* effects);
  void On(const TaskErred& erred, Time now, AgentEffects* effects);
  void On(const StopAsked& stop, Time now, AgentEffects* effects);
  void On(const Tick& tick, Time now, AgentEffects* effects);

  void OnWelcome(const v1::WorkerWelcome& welcome, Time now, AgentEffects* effects);
  void OnAssign(const v1::AssignTask& assign, AgentEffects* effects);
  void OnAcknowledged(const v1::OutcomeAcknowledged& acknowledged, AgentEffects* effects);
  void AbandonAny(const google::protobuf::RepeatedPtrField<v1::AttemptId>& attempts,
                  AgentEffects* effects);
  void SayHello(Time now, AgentEffects* effects);
  void Report(v1::ToCoordinator outcome, AgentEffects* effects);
  void LeaveIfDone(AgentEffects* effects);

  AgentIdentity identity_;
  bool welcomed_ = false;
  bool stopping_ = false;
  bool left_ = false;
  Duration heartbeat_ = std::chrono::seconds(1);
  Duration silence_ = std::chrono::seconds(5);
  Time last_heard_{};
  Time wakeup_{};
  std::optional<Running> running_;
  std::deque<v1::ToCoordinator> outbox_;  // Outcomes not yet acknowledged, oldest first.
};

}  // namespace weft::worker
