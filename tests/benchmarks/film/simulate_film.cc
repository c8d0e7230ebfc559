#include "tests/benchmarks/film/simulate_film.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/noise.h"
#include "coordinator/core/farm.h"
#include "coordinator/core/schedule.h"
#include "coordinator/core/worker_desk.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::bench {
namespace {

using coordinator::Effects;
using coordinator::Farm;
using coordinator::FarmOptions;
using coordinator::JobPlan;
using coordinator::PlannedTask;

// Far apart: heartbeats are not what is measured, and a film has millions of them.
constexpr Duration kHeartbeat = std::chrono::seconds(60);
constexpr Duration kSilence = std::chrono::seconds(600);

// Of any output: only the length of a message that names it depends on it.
constexpr std::uint64_t kBlobBytes = 1'000'000;

class TaskTimes {
 public:
  TaskTimes(const FilmOrder& order, const JobPlan& plan) : order_(order) {
    for (const PlannedTask& task : plan.tasks) {
      seconds_.emplace(KeyOf(task.place), Deviating(Usual(task, plan)));
    }
  }

  [[nodiscard]] double Of(Stage stage, std::uint32_t chunk, std::uint32_t round) const {
    return seconds_.at(Key(stage, chunk, round));
  }

  // The end of the longest chain.
  [[nodiscard]] double Critical(const JobPlan& plan) const {
    std::map<KeyType, double> ends;
    double last = 0;
    for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
      const PlannedTask& task = plan.tasks[i];
      double start = i == 0 ? 0 : ends.at(KeyOf(Before(i, plan).place));
      for (const coordinator::PlannedInput& input : task.inputs) {
        start = std::max(start, ends.at(KeyOf(input.from)));
      }
      const auto key = KeyOf(task.place);
      last = std::max(last, ends[key] = start + seconds_.at(key));
    }
    return last;
  }

 private:
  using KeyType = std::tuple<Stage, std::uint32_t, std::uint32_t>;
  static KeyType Key(Stage stage, std::uint32_t chunk, std::uint32_t round) {
    return {stage, chunk, round};
  }

  static KeyType KeyOf(const coordinator::TaskPlace& place) {
    return Key(place.stage, place.chunk, place.round);
  }

  static std::uint32_t Steps(const Round& round) {
    return round.last_step - round.first_step + (round.predict_step ? 1 : 0);
  }

  [[nodiscard]] double Usual(const PlannedTask& task, const JobPlan& plan) const {
    const StageRates& rates = order_.rates;
    const double frames = task.core.size();
    switch (task.place.stage) {
      case Stage::kProbe:
        return rates.task + Probe(task);
      case Stage::kAnnotate:
        return rates.task + rates.annotate_frame * frames;
      case Stage::kAnchor: {
        const Round steps = coordinator::WholeSchedule(order_.spec);
        return rates.task +
               rates.step_frame * Steps(steps) * static_cast<double>(task.anchor_frames.size());
      }
      case Stage::kDenoise: {
        const Round& round = plan.rounds[task.place.round];
        // The anchors' keys and values are computed again with every chunk.
        const double passed = frames + static_cast<double>(task.anchor_frames.size());
        return rates.task + rates.step_frame * Steps(round) * passed +
               (round.smooth_step ? rates.smooth_frame * frames : 0);
      }
      case Stage::kFinish:
        return rates.task + rates.finish_frame * frames;
      case Stage::kEncode:
        return rates.task + rates.encode_frame * frames;
      case Stage::kAssemble:
        return rates.task + rates.assemble_frame * frames;
    }
    return 0;
  }

  // A worker that reads a part opens the film; one that reads several opens it once, so that this
  // counts too much.
  [[nodiscard]] double Probe(const PlannedTask& task) const {
    const double frames = order_.clip.frame_count();
    const bool in_parts = !order_.clip.part_starts().empty();
    switch (task.place.round) {
      case kProbeIndex:
        return order_.rates.open_frame * frames +
               (in_parts ? 0 : order_.rates.probe_frame * frames);
      case kProbePart:
        return order_.rates.open_frame * frames + order_.rates.probe_frame * task.halo.size();
      default:
        return 0;
    }
  }

  // The same deviation for any number of workers.
  double Deviating(double usual) {
    if (draws_.empty()) {
      constexpr std::size_t kDraws = 1 << 16;
      draws_ = GaussianNoise(order_.seed, block_++, kDraws);
    }
    const auto draw = static_cast<double>(draws_.back());
    draws_.pop_back();
    constexpr double kFastest = 0.5;
    return usual * std::max(kFastest, 1 + order_.spread * draw);
  }

  const FilmOrder& order_;
  std::map<KeyType, double> seconds_;
  std::vector<float> draws_;
  std::uint32_t block_ = 0;
};

v1::ToCoordinator HelloOf(const std::string& worker) {
  v1::ToCoordinator message;
  v1::WorkerHello& hello = *message.mutable_worker_hello();
  hello.set_protocol_min(coordinator::kProtocolMin);
  hello.set_protocol_max(coordinator::kProtocolMax);
  hello.set_worker(worker);
  hello.set_instance(1);
  hello.set_device("cpu");
  return message;
}

FarmOptions Options() {
  FarmOptions options;
  options.heartbeat = kHeartbeat;
  options.silence = kSilence;
  options.lease = kSilence;
  options.patience = std::chrono::hours(24 * 365);
  options.status_period = std::chrono::hours(24 * 365);
  return options;
}

class FilmRun {
 public:
  FilmRun(const FilmOrder& order, const JobPlan& plan)
      : order_(order), times_(order, plan), farm_(Options()) {}

  Result<FilmFigures> Run(const JobPlan& plan) {
    WEFT_ASSIGN_OR_RETURN(const Effects begun, farm_.Restore({}, now_));
    v1::ToCoordinator submit;
    submit.mutable_submit_job()->set_client_token("film");
    *submit.mutable_submit_job()->mutable_spec() = order_.spec;
    Hear("client", submit);
    if (!refusal_.empty()) {
      return Failure(ErrorCode::kInvalidArgument, refusal_);
    }
    for (std::uint32_t worker = 0; worker < order_.workers; ++worker) {
      const std::string name = "w" + std::to_string(worker);
      Hear(name, HelloOf(name));
      Plan(now_ + kHeartbeat, name);
    }
    while (!Done()) {
      WEFT_RETURN_IF_ERROR(LiveOn());
    }
    figures_.seconds = std::chrono::duration<double>(now_ - kStart).count();
    figures_.critical_seconds = times_.Critical(plan);
    figures_.handle_us = handle_seconds_ * 1e6 / static_cast<double>(events_);
    return figures_;
  }

 private:
  static constexpr Time kStart{Duration(1)};

  struct Running {
    v1::Task task;
    Time end;
  };
  using Due = std::pair<Time, std::string>;

  [[nodiscard]] bool Done() const {
    const coordinator::Job& job = farm_.State().jobs.All().begin()->second;
    return !IsOpen(job.state);
  }

  void Plan(Time time, const std::string& worker) { due_.emplace(time, worker); }

  // The next worker that has something to say says it.
  Status LiveOn() {
    const auto [time, worker] = due_.top();
    due_.pop();
    now_ = time;
    const auto run = running_.find(worker);
    if (run == running_.end() || run->second.end > now_) {
      Beat(worker, run == running_.end() ? nullptr : &run->second);
      Plan(now_ + kHeartbeat, worker);
    } else {
      const v1::Task task = std::move(run->second.task);
      running_.erase(run);
      Hear(worker, Completed(task));
    }
    if (farm_.State().jobs.All().begin()->second.state == coordinator::JobState::kFailed) {
      return Failure(ErrorCode::kInternal, "the simulated job has failed");
    }
    return {};
  }

  void Beat(const std::string& worker, const Running* run) {
    v1::ToCoordinator message;
    v1::WorkerHeartbeat& beat = *message.mutable_worker_heartbeat();
    if (run != nullptr) {
      *beat.add_running()->mutable_attempt() = run->task.attempt();
    }
    Hear(worker, message);
  }

  [[nodiscard]] v1::ToCoordinator Completed(const v1::Task& task) const {
    v1::ToCoordinator message;
    v1::TaskCompleted& completed = *message.mutable_task_completed();
    *completed.mutable_attempt() = task.attempt();
    const v1::TaskId& id = task.attempt().task();
    if (id.stage() == v1::STAGE_PROBE) {
      coordinator::SetFound(task, order_.clip, completed.mutable_result());
    }
    const coordinator::Task& planned = *farm_.State().tasks.Find(
        {{id.job()}, static_cast<Stage>(id.stage()), id.chunk(), id.round()});
    for (const coordinator::PlannedOutput& output : planned.plan->outputs) {
      v1::Output& brought = *completed.mutable_result()->add_outputs();
      brought.set_name(output.name);
      brought.mutable_blob()->set_key(task.output_prefix() + output.name);
      brought.mutable_blob()->set_size_bytes(kBlobBytes);
      brought.mutable_blob()->set_checksum(1);
    }
    return message;
  }

  void Hear(const std::string& peer, const v1::ToCoordinator& message) {
    const auto begin = std::chrono::steady_clock::now();
    const Effects effects = farm_.Handle(coordinator::MessageArrived{{peer}, message}, now_);
    handle_seconds_ +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    ++events_;
    for (const coordinator::Message& said : effects.messages) {
      if (said.body.has_assign_task()) {
        figures_.message_bytes_max =
            std::max<std::uint64_t>(figures_.message_bytes_max, said.ToBytes().size());
        Begin(said.to.value, said.Whole().assign_task().task());
      } else if (said.body.has_request_refused()) {
        refusal_ = said.body.request_refused().error().message();
      }
    }
  }

  void Begin(const std::string& worker, const v1::Task& task) {
    const v1::TaskId& id = task.attempt().task();
    const double seconds = times_.Of(static_cast<Stage>(id.stage()), id.chunk(), id.round());
    figures_.work_seconds += seconds;
    ++figures_.tasks;
    const Time end = now_ + Duration(std::llround(seconds * 1000));
    running_[worker] = {task, end};
    Plan(end, worker);
  }

  const FilmOrder& order_;
  TaskTimes times_;
  Farm farm_;
  Time now_ = kStart;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::map<std::string, Running> running_;
  FilmFigures figures_;
  std::string refusal_;
  double handle_seconds_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace

Result<FilmFigures> SimulateFilm(const FilmOrder& order) {
  WEFT_ASSIGN_OR_RETURN(const JobPlan plan, coordinator::PlanJob(order.spec, order.clip));
  return FilmRun(order, plan).Run(plan);
}

}  // namespace weft::bench
