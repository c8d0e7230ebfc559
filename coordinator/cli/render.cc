#include "coordinator/cli/render.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

#include "common/clock.h"
#include "common/log/log.h"
#include "common/machine_memory.h"
#include "common/transport/zmq_transport.h"
#include "common/wire/error_wire.h"
#include "coordinator/cli/embedded_coordinator.h"
#include "coordinator/cli/job_client.h"
#include "coordinator/cli/job_facts.h"
#include "coordinator/cli/places.h"
#include "coordinator/cli/socket_place.h"
#include "coordinator/cli/state_folder.h"
#include "coordinator/cli/worker_fleet.h"
#include "coordinator/core/exchange_choice.h"
#include "coordinator/core/spec_check.h"
#include "worker/stages/probe.h"
#include "worker/stages/warm_clip.h"

namespace weft::cli {
namespace {

// How late a signal or a dead worker may be noticed.
constexpr Duration kLookAround = std::chrono::milliseconds(100);

std::vector<FleetWorker> Workers(const RenderRequest& request,
                                 const StateFolder& state,
                                 const std::string& coordinator) {
  const std::uint32_t count = WorkerCount(request.options, request.core_count);
  // On the CPU they share the machine's memory; a quarter is for everything else.
  const std::uint64_t memory = MachineMemory() / 4 * 3 / count;
  std::vector<FleetWorker> workers;
  for (std::uint32_t number = 0; number < count; ++number) {
    const std::string name = "local-" + std::to_string(number);
    std::vector<std::string> arguments = {"--coordinator",
                                          coordinator,
                                          "--name",
                                          name,
                                          "--device",
                                          request.options.device,
                                          "--log-file",
                                          state.WorkerLog(number),
                                          "--log-level",
                                          request.options.log_level,
                                          "--exit-with-parent",
                                          std::to_string(::getpid())};
    if (request.options.device == "cpu") {
      arguments.insert(arguments.end(), {"--memory", std::to_string(memory)});
    }
    workers.push_back(
        {name, {request.worker_program, std::move(arguments), state.WorkerPrint(number)}});
  }
  return workers;
}

// Workers and store are on one machine.
v1::JobTerms Terms(const RenderRequest& request) {
  v1::JobTerms terms;
  terms.set_workers_expected(WorkerCount(request.options, request.core_count));
  terms.set_link_bytes_per_second(coordinator::kLocalBytesPerSecond);
  return terms;
}

// One run of a job, from the checks to the last word.
class LocalRender {
 public:
  LocalRender(const RenderRequest& request, StopSignals& signals, Reporter& reporter)
      : request_(request), signals_(signals), reporter_(reporter), started_(clock_.Now()) {}

  ExitCode Run() {
    Result<ExitCode> code = Prepare();
    if (code) {
      code = Attempt();
    }
    if (code) {
      return *code;
    }
    // Nothing of the job was stored before its first status.
    if (state_ && !state_->resumed() && !status_) {
      RemoveState();
    } else if (status_) {
      reporter_.Note(HowToGoOn());
    }
    return Fail(code.error());
  }

 private:
  // Everything that can go wrong before anything is started.
  Result<ExitCode> Prepare() {
    WEFT_RETURN_IF_ERROR(coordinator::CheckSpec(request_.spec));
    WEFT_RETURN_IF_ERROR(CheckNoObjects(request_.spec));
    WEFT_RETURN_IF_ERROR(CheckSources(request_.spec));
    WEFT_RETURN_IF_ERROR(CheckTarget(request_.spec));
    WEFT_ASSIGN_OR_RETURN(const JobFacts facts, CollectFacts(request_.spec));
    WEFT_ASSIGN_OR_RETURN(auto state, StateFolder::Open(StatePath(request_.options)));
    WEFT_RETURN_IF_ERROR(state->Claim(facts));
    token_ = Token(facts);
    state_ = std::move(state);
    WEFT_RETURN_IF_ERROR(CheckClips());
    return ExitCode::kDone;
  }

  // The probe says the same, but only once a worker has started. What is resumed has been probed.
  Status CheckClips() const {
    if (state_->resumed()) {
      return {};
    }
    worker::WarmClip warm;
    WEFT_RETURN_IF_ERROR(worker::IndexClips(request_.spec, warm));
    return {};
  }

  Result<ExitCode> Attempt() {
    WEFT_ASSIGN_OR_RETURN(const bool ended, Serve());
    if (!ended) {
      reporter_.Interrupted("stopped; " + HowToGoOn());
      return ExitCode::kInterrupted;
    }
    if (status_->state() == v1::JOB_STATE_DONE) {
      return Finish();
    }
    return Conclude(status_->has_error() ? FromWire(status_->error())
                                         : Error(ErrorCode::kCancelled, "the job was cancelled"));
  }

  // Runs coordinator and workers until the job has ended (true) or a signal came (false).
  Result<bool> Serve() {
    WEFT_ASSIGN_OR_RETURN(const Log log,
                          Log::Open({.program = "weft",
                                     .file = state_->CoordinatorLog(),
                                     .terminal = false,
                                     .level = *LogLevelNamed(request_.options.log_level)}));
    WEFT_ASSIGN_OR_RETURN(const SocketPlace sockets, SocketPlace::Choose(state_->path()));
    WEFT_ASSIGN_OR_RETURN(const auto context, ZmqContext::Open());
    coordinator::ServerOptions options;
    options.state_folder = state_->path();
    options.control_address = sockets.control_address();
    options.bulk_address = sockets.bulk_address();
    // Somebody waits for this one job: better an error at once than a job that is held back.
    options.disk = {.low_bytes = 0, .ballast_bytes = 0};
    options.logs.enabled = false;  // The workers' own files are beside it.
    WEFT_ASSIGN_OR_RETURN(const auto coordinator,
                          EmbeddedCoordinator::Start(*context, options, log));
    WEFT_ASSIGN_OR_RETURN(const auto connection, context->Connect(sockets.control_address()));
    std::error_code error;
    const bool has_output = std::filesystem::exists(request_.spec.output_path(), error);
    JobClient client(*connection, clock_, {token_, request_.spec, has_output, Terms(request_)});
    WorkerFleet fleet(Workers(request_, *state_, sockets.control_address()));
    Result<bool> ended = Watch(*coordinator, client, fleet);
    fleet.Stop();
    const Status stopped = coordinator->Stop();
    if (ended && !stopped) {
      log.Error("stopping: " + stopped.error().message());
    }
    return ended;
  }

  Result<bool> Watch(EmbeddedCoordinator& coordinator, JobClient& client, WorkerFleet& fleet) {
    while (!signals_.Caught()) {
      WEFT_RETURN_IF_ERROR(WatchStep(coordinator, client, fleet));
      if (status_ && HasEnded(status_->state())) {
        return true;
      }
    }
    return false;
  }

  Status WatchStep(EmbeddedCoordinator& coordinator, JobClient& client, WorkerFleet& fleet) {
    WEFT_RETURN_IF_ERROR(coordinator.Health());
    WEFT_ASSIGN_OR_RETURN(std::optional<v1::JobStatus> news, client.Poll(kLookAround));
    if (news) {
      if (!status_ && news->state() == v1::JOB_STATE_DONE) {
        reporter_.Note("this job was done already");
      }
      Tell(*news);
      status_ = std::move(news);
    }
    // Workers are only started for a job that was accepted and goes on.
    if (!status_ || HasEnded(status_->state())) {
      return {};
    }
    if (status_->workers_busy() > 0) {
      fleet.SawWork();
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> happened, fleet.Tend(clock_.Now()));
    for (const std::string& line : happened) {
      reporter_.Note(line);
    }
    return {};
  }

  void Tell(const v1::JobStatus& status) {
    for (const std::string& note : status.notes()) {
      reporter_.Note(note);
    }
    if (!status.waits_for().empty() && (!status_ || status_->waits_for() != status.waits_for())) {
      reporter_.Note(status.waits_for());
    }
    reporter_.Progress(status, clock_.Now());
  }

  ExitCode Finish() {
    if (!request_.options.keep) {
      RemoveState();
    }
    const std::chrono::duration<double> seconds = clock_.Now() - started_;
    Outcome outcome{.output = request_.spec.output_path(),
                    .frames = status_->frames_total(),
                    .seconds = seconds.count()};
    if (status_->has_seams()) {
      outcome.seams = status_->seams();
    }
    reporter_.Done(outcome);
    return ExitCode::kDone;
  }

  // The job failed.
  ExitCode Conclude(const Error& error) {
    if (IsWorthKeeping(*status_, error.code())) {
      reporter_.Note("the same command tries again; the logs are in " + state_->path());
    } else {
      RemoveState();
    }
    return Fail(error);
  }

  ExitCode Fail(const Error& error) {
    const ExitCode code = ExitCodeFor(error.code());
    reporter_.Failed(error, code);
    return code;
  }

  void RemoveState() {
    const Status removed = state_->Remove();
    if (!removed) {
      reporter_.Note(removed.error().message());
    }
  }

  [[nodiscard]] std::string HowToGoOn() const {
    std::string text = "run the same command again to go on: ";
    if (status_ && status_->frames_total() > 0) {
      text += std::to_string(status_->frames_done()) + " of " +
              std::to_string(status_->frames_total()) + " frames are finished, and all work so far";
    } else {
      text += "all work so far";
    }
    return text + " is kept in " + state_->path();
  }

  const RenderRequest& request_;
  StopSignals& signals_;
  Reporter& reporter_;
  SteadyClock clock_;
  Time started_;
  std::string token_;
  std::unique_ptr<StateFolder> state_;
  std::optional<v1::JobStatus> status_;  // The latest.
};

}  // namespace

ExitCode Render(const RenderRequest& request, StopSignals& signals, Reporter& reporter) {
  return LocalRender(request, signals, reporter).Run();
}

}  // namespace weft::cli
