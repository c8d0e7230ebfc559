#include "coordinator/cli/worker_fleet.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <thread>
#include <utility>

#include "coordinator/cli/last_words.h"

namespace weft::cli {
namespace {

constexpr Duration kStopPoll = std::chrono::milliseconds(10);

// The log that it was told to write; empty: none.
std::string LogOf(const ChildCommand& command) {
  const auto end = command.arguments.end();
  const auto option = std::find(command.arguments.begin(), end, "--log-file");
  return option == end || std::next(option) == end ? "" : *std::next(option);
}

}  // namespace

WorkerFleet::WorkerFleet(std::vector<FleetWorker> workers, FleetPolicy policy) : policy_(policy) {
  for (FleetWorker& worker : workers) {
    places_.push_back(Place{.worker = std::move(worker), .pause = policy_.restart_first});
  }
}

Result<std::vector<std::string>> WorkerFleet::Tend(Time now) {
  std::vector<std::string> happened;
  for (Place& place : places_) {
    WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> line, TendPlace(place, now));
    if (line) {
      happened.push_back(*line);
    }
  }
  return happened;
}

Result<std::optional<std::string>> WorkerFleet::TendPlace(Place& place, Time now) const {
  std::optional<std::string> line;
  const std::optional<std::string> end = place.child ? place.child->Ended() : std::nullopt;
  if (end) {
    NoteEnd(place, now);
    if (place.early_ends >= policy_.early_ends_max) {
      return GiveUp(place, *end);
    }
    line = "worker " + place.worker.name + " " + *end + " and is started again";
  }
  if (!place.child && now >= place.start_at) {
    WEFT_ASSIGN_OR_RETURN(place.child, ChildProcess::Start(place.worker.command));
    place.started = now;
  }
  return line;
}

void WorkerFleet::NoteEnd(Place& place, Time now) const {
  const bool early = now - place.started < policy_.early;
  place.child.reset();
  place.early_ends = early ? place.early_ends + 1 : 0;
  place.pause = early ? place.pause : policy_.restart_first;
  place.start_at = now + place.pause;
  place.pause = std::min(place.pause * 2, policy_.restart_max);
}

tl::unexpected<Error> WorkerFleet::GiveUp(const Place& place, const std::string& end) {
  const ChildCommand& command = place.worker.command;
  return Failure(ErrorCode::kFailedPrecondition, "worker " + place.worker.name + " " + end +
                                                     " as soon as it was started, " +
                                                     std::to_string(place.early_ends) + " times; " +
                                                     LastWords(command.print_path, LogOf(command)));
}

void WorkerFleet::SawWork() {
  for (Place& place : places_) {
    place.early_ends = 0;
  }
}

void WorkerFleet::Stop() {
  for (const Place& place : places_) {
    if (place.child) {
      place.child->Signal(SIGTERM);
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + policy_.stop_patience;
  const auto runs = [](Place& place) { return place.child && !place.child->Ended(); };
  while (std::any_of(places_.begin(), places_.end(), runs) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kStopPoll);
  }
  places_.clear();  // Kills and reaps the rest.
}

}  // namespace weft::cli
