// The simplest worker that keeps its side of the conversation: runs one task at a time, repeats
// outcomes until they are acknowledged, and asks in every heartbeat whether it may go on.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/time.h"
#include "common/transport.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

// What blobs there are, by key: the same content for every attempt at the same task.
using ModelBlobs = std::map<std::string, std::uint64_t>;

// What a stage brings back, told from the task alone and not from the coordinator's plan.
std::vector<std::string> OutputNames(const v1::Task& task);

class ModelWorker {
 public:
  struct Habits {
    double error_chance = 0.02;  // Of a task.
    Duration work_min{100};
    Duration work_max{4000};
    std::uint32_t frame_count = 20;  // That its probe finds.
    std::uint32_t part_frames = 20;  // In which it reads longer clips.
  };

  ModelWorker(std::string name, std::uint64_t instance, Habits habits);

  [[nodiscard]] PeerId Peer() const;

  // Every half second or so. Returns what it says.
  std::vector<v1::ToCoordinator> Live(Time now, std::mt19937_64& random, ModelBlobs& blobs);

  void Hear(const v1::FromCoordinator& message,
            Time now,
            std::mt19937_64& random,
            const ModelBlobs& blobs);

  // It was told that another process took its name.
  [[nodiscard]] bool Stopped() const { return stopped_; }

  // What it was handed and could not do: a breach of the coordinator's promises.
  [[nodiscard]] const std::string& Complaint() const { return complaint_; }

 private:
  struct Run {
    v1::Task task;
    Time end;
  };

  void Begin(const v1::Task& task, Time now, std::mt19937_64& random, const ModelBlobs& blobs);
  void Abandon(const v1::AttemptId& attempt);
  [[nodiscard]] v1::ToCoordinator Outcome(std::mt19937_64& random, ModelBlobs& blobs) const;
  [[nodiscard]] v1::ToCoordinator Hello() const;

  std::string name_;
  std::uint64_t instance_;
  Habits habits_;
  bool welcome_ = false;
  bool stopped_ = false;
  std::optional<Run> run_;
  std::vector<v1::ToCoordinator> outbox_;
  std::string complaint_;
};

}  // namespace weft::coordinator
