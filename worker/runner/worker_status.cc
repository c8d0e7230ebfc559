#include "worker/runner/worker_status.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace weft::worker {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(5);

std::string StateOf(const WorkerStatus::State& state) {
  if (!state.is_known) {
    return "alone";
  }
  return state.task.empty() ? "idle" : "busy";
}

std::string Words(const WorkerStatus::State& state) {
  if (!state.is_known) {
    return "looks for the coordinator";
  }
  return state.task.empty() ? "waits for a task" : "runs " + state.task;
}

}  // namespace

WorkerStatus::~WorkerStatus() {
  notice_.Stopping();
  if (!file_.empty()) {
    std::remove(file_.c_str());
  }
}

void WorkerStatus::Tell(const State& state, Time now) {
  notice_.Alive(now);
  if (state.is_known && !was_ready_) {
    was_ready_ = true;
    notice_.Ready(Words(state));
  } else {
    notice_.Say(Words(state));
  }
  const bool is_new =
      !told_.has_value() || told_->is_known != state.is_known || told_->task != state.task;
  if (file_.empty() || (!is_new && now - written_ < kPeriod)) {
    return;
  }
  told_ = state;
  written_ = now;
  Write(state);
}

void WorkerStatus::Write(const State& state) const {
  const nlohmann::ordered_json status = {{"ready", state.is_known},
                                         {"state", StateOf(state)},
                                         {"task", state.task},
                                         {"process", ::getpid()},
                                         {"time", std::time(nullptr)}};
  // Whoever reads it meanwhile reads the one before.
  const std::string unfinished = file_ + ".new";
  std::ofstream out(unfinished);
  out << status.dump() << "\n";
  out.close();
  if (out) {
    std::rename(unfinished.c_str(), file_.c_str());
  }
}

}  // namespace weft::worker
