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
  std::string log = {};  // The last lines about it.
};

// The worker has loaded another model, or let go of the one it had.
struct ModelChanged {
  std::string key;  // ModelKey() of the jobs that it serves; empty: none is loaded.
};

// An earlier life of this worker has left an outcome that was not acknowledged: it counts as this
// life's. REQUIRES: before the first tick.
struct OutcomeFound {
  v1::ToCoordinator outcome;
};

// What was to be told of an attempt can never be sent, as it is too long. That the attempt failed
// is told in its place.
struct OutcomeRefused {
  v1::ToCoordinator outcome;
  Error error;  // Of sending it.
};

// Somebody wants this worker to leave: its task is finished and its outcome told first.
struct DrainAsked {};

// It is to leave now: the task is stopped and given back.
struct StopAsked {};

struct Tick {};

using AgentEvent = std::variant<Heard,
                                TaskMoved,
                                TaskSucceeded,
                                TaskErred,
                                ModelChanged,
                                OutcomeFound,
                                OutcomeRefused,
                                DrainAsked,
                                StopAsked,
                                Tick>;

// ---- effects, in this order

struct AgentEffects {
  // First, on disk before anything below happens: results that must outlive this process. With
  // what is kept, the next life of this worker is fed OutcomeFound.
  std::optional<v1::ToCoordinator> keep;
  std::vector<AttemptId> forget;            // Kept outcomes that nobody needs any more.
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
  std::string build;                          // For people.
  std::string device;                         // "cpu" or "cuda".
  std::uint64_t device_memory_bytes = 0;      // 0: not known.
  std::vector<v1::DataType> data_types = {};  // That it computes in; none: all.
  std::vector<std::string> tags = {};
  std::string numeric_class = {};  // Empty: not known.
};

// How long after the welcome that answers its hello a worker speaks first, at most `heartbeat`:
// another part of it for each, that workers who were all welcomed at once, as after a partition, do
// not from then on all speak at once.
Duration FirstHeartbeat(const WorkerId& worker, Duration heartbeat);

class Agent {
 public:
  explicit Agent(AgentIdentity identity) : identity_(std::move(identity)) {}

  AgentEffects Handle(const AgentEvent& event, Time now);

  // The coordinator has welcomed this life, and is not known to be gone.
  [[nodiscard]] bool IsKnown() const { return welcomed_; }
  // Empty: none.
  [[nodiscard]] std::string TaskThatRuns() const {
    return running_.has_value() ? Name(running_->attempt.task) : "";
  }

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
  void On(const ModelChanged& changed, Time now, AgentEffects* effects);
  void On(const OutcomeFound& found, Time now, AgentEffects* effects);
  void On(const OutcomeRefused& refused, Time now, AgentEffects* effects);
  void On(const DrainAsked& drain, Time now, AgentEffects* effects);
  void On(const StopAsked& stop, Time now, AgentEffects* effects);
  void On(const Tick& tick, Time now, AgentEffects* effects);

  void OnWelcome(const v1::WorkerWelcome& welcome, Time now, AgentEffects* effects);
  void OnAssign(const v1::AssignTask& assign, Time now, AgentEffects* effects);
  void OnAcknowledged(const v1::OutcomeAcknowledged& acknowledged, AgentEffects* effects);
  void AbandonAny(const google::protobuf::RepeatedPtrField<v1::AttemptId>& attempts,
                  AgentEffects* effects);
  [[nodiscard]] bool Knows(const AttemptId& attempt) const;
  void SayHello(Time now, AgentEffects* effects);
  void SayHeartbeat(Time now, AgentEffects* effects);
  void Report(v1::ToCoordinator outcome, Time now, AgentEffects* effects);
  void LeaveIfDone(AgentEffects* effects);

  AgentIdentity identity_;
  bool welcomed_ = false;
  bool draining_ = false;  // Takes nothing more, and leaves when all is told.
  bool stopping_ = false;  // Leaves as soon as nothing runs.
  bool left_ = false;
  Duration heartbeat_ = std::chrono::seconds(1);
  Duration silence_ = std::chrono::seconds(5);
  Time last_heard_{};
  Time wakeup_{};
  std::optional<Running> running_;
  std::string warm_model_;
  std::deque<v1::ToCoordinator> outbox_;  // Outcomes not yet acknowledged, oldest first.
  std::deque<AttemptId> finished_;        // The last that were acknowledged.
};

}  // namespace weft::worker
