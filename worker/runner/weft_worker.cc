// weft-worker: joins a coordinator and runs its tasks until told to leave.

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <opencv2/core/utility.hpp>
#include <unistd.h>

#include "common/bulk/remote_blob_store.h"
#include "common/clock.h"
#include "common/failpoint.h"
#include "common/log/log.h"
#include "common/settings/program_options.h"
#include "common/transport/curve_files.h"
#include "common/transport/zmq_transport.h"
#include "common/wire/ids_wire.h"
#include "worker/agent/agent.h"
#include "worker/models/device_memory.h"
#include "worker/models/numeric_class.h"
#include "worker/models/torch_edge.h"
#include "worker/outbox/outbox.h"
#include "worker/runner/answer_watch.h"
#include "worker/runner/attempt_fields.h"
#include "worker/runner/device_thread.h"
#include "worker/runner/log_courier.h"
#include "worker/runner/parent_process.h"
#include "worker/runner/worker_check.h"
#include "worker/runner/worker_options.h"
#include "worker/runner/worker_status.h"

namespace weft::worker {
namespace {

constexpr int kWrongUsage = 2;
constexpr Duration kPollInterval = std::chrono::milliseconds(20);

// Signal handlers can reach nothing else.
std::atomic<int> stops_asked{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Debian's OpenBLAS takes newer AMD cores with AVX-512 for Haswell and runs at 60 % of its speed.
// It reads the variable when it is loaded, so this process starts over with it set.
void ChooseBlasKernels(char** argv) {
  // One thread runs yet.  NOLINTBEGIN(concurrency-mt-unsafe)
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr || !__builtin_cpu_supports("avx512f") ||
      !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl")) {
    return;
  }
  setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
  execv("/proc/self/exe", argv);
  // NOLINTEND(concurrency-mt-unsafe)
}

// One worker computes with one thread: results then cannot depend on a thread count, and a machine
// is filled by more workers. Read when the libraries are loaded, so before main().
void UseOneThread() {
  setenv("OMP_NUM_THREADS", "1", 1);       // NOLINT(concurrency-mt-unsafe): one thread yet.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);  // NOLINT(concurrency-mt-unsafe)
}

// What a model may take where nobody says: the rest is for frames, libraries and others.
Result<std::uint64_t> MemoryOf(const std::string& device) {
  WEFT_ASSIGN_OR_RETURN(const std::uint64_t all, models::DeviceMemory(device));
  return all / 4 * 3;
}

InstanceId DrawInstance() {
  std::random_device random;
  return {(static_cast<std::uint64_t>(random()) << 32U) | random()};
}

std::vector<v1::DataType> DataTypes(const std::string& device) {
  std::vector<v1::DataType> types;
  for (const models::DataType type : models::DataTypesOf(device)) {
    types.push_back(type == models::DataType::kFloat32    ? v1::DATA_TYPE_FLOAT32
                    : type == models::DataType::kBfloat16 ? v1::DATA_TYPE_BFLOAT16
                                                          : v1::DATA_TYPE_FLOAT16);
  }
  return types;
}

// A render on this machine alone has no place of its own for objects.
std::optional<StorageOptions> StorageOf(const WorkerOptions& options) {
  if (options.parent != 0) {
    return std::nullopt;
  }
  StorageOptions storage = options.storage;
  if (storage.cache_folder.empty()) {
    storage.cache_folder = DefaultCacheFolder(ProcessEnvironment());
  }
  return storage;
}

class Runner {
 public:
  Runner(const WorkerOptions& options,
         std::string numeric_class,
         ZmqContext& zmq,
         const Log& log,
         LogCourier& courier)
      : zmq_(zmq),
        log_(log),
        courier_(courier),
        device_(options.device, options.memory, StorageOf(options), RulesOf(options), log),
        status_(options.status_file),
        answers_(options.coordinator, !options.curve.keys.empty()),
        agent_({.worker = {options.name},
                .instance = DrawInstance(),
                .build = "weft " WEFT_VERSION,
                .device = options.device.substr(0, options.device.find(':')),
                .device_memory_bytes = options.memory,
                .data_types = DataTypes(options.device),
                .tags = options.tags,
                .numeric_class = std::move(numeric_class)}),
        drains_first_(options.parent == 0) {}

  // Takes up what an earlier life of this worker has kept there. Empty: nothing is kept.
  Status OpenOutbox(const std::string& folder);

  Status Run(const std::string& address);

 private:
  Status PassOnStops();
  // The service manager and the status file hear how it is, and the log that nobody answers.
  void TellState();
  // Once the coordinator knows who speaks.
  void SendLog();
  Status Feed(const AgentEvent& event);
  // REQUIRES: there is one.
  void TendOutbox(const AgentEffects& effects);
  Status Obey(const AgentEffects& effects);
  // Ok also where nobody takes the message now: the agent says it again; and for an outcome that is
  // too long: the agent hears of it.
  Status Say(const v1::ToCoordinator& message);
  Status UseBulk(const std::string& address);

  ZmqContext& zmq_;
  const Log& log_;
  LogCourier& courier_;
  Time log_sent_{};
  SteadyClock clock_;
  DeviceThread device_;
  WorkerStatus status_;
  AnswerWatch answers_;
  Agent agent_;
  std::unique_ptr<Connection> control_;
  std::string bulk_address_;
  std::optional<Outbox> outbox_;
  std::vector<OutcomeRefused> refused_;  // Of which the agent has not heard yet.
  const bool drains_first_;              // On the first signal; a child of a render stops at once.
  int stops_passed_on_ = 0;
  bool leaving_ = false;
};

Status Runner::Run(const std::string& address) {
  WEFT_ASSIGN_OR_RETURN(control_, zmq_.Connect(address));
  while (!leaving_) {
    WEFT_RETURN_IF_ERROR(PassOnStops());
    for (const AgentEvent& event : device_.TakeEvents()) {
      WEFT_RETURN_IF_ERROR(Feed(event));
    }
    for (const OutcomeRefused& refused : std::exchange(refused_, {})) {
      WEFT_RETURN_IF_ERROR(Feed(refused));
    }
    WEFT_RETURN_IF_ERROR(Feed(Tick{}));
    if (leaving_) {
      break;
    }
    TellState();
    SendLog();
    WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, control_->Receive(kPollInterval));
    v1::FromCoordinator message;
    if (bytes && message.ParseFromString(*bytes)) {
      WEFT_RETURN_IF_ERROR(Feed(Heard{std::move(message)}));
    }
  }
  return {};
}

void Runner::TellState() {
  const Time now = clock_.Now();
  status_.Tell({.is_known = agent_.IsKnown(), .task = agent_.TaskThatRuns()}, now);
  if (const auto warning = answers_.Look(agent_.IsKnown(), now); warning.has_value()) {
    log_.Warning(*warning);
  }
}

void Runner::SendLog() {
  constexpr Duration kPause{200};
  if (bulk_address_.empty() || clock_.Now() - log_sent_ < kPause) {
    return;
  }
  log_sent_ = clock_.Now();
  const std::optional<v1::LogRecords> records = courier_.Next();
  if (!records) {
    return;
  }
  v1::ToCoordinator message;
  *message.mutable_log_records() = *records;
  if (control_->Send(message.SerializeAsString())) {
    courier_.Forget(*records);
  }
}

Status Runner::PassOnStops() {
  const int asked = stops_asked;
  if (asked > stops_passed_on_ && asked == 1 && drains_first_) {
    log_.Info("finishes its task and leaves; a second signal stops it at once");
    WEFT_RETURN_IF_ERROR(Feed(DrainAsked{}));
  } else if (asked > stops_passed_on_) {
    WEFT_RETURN_IF_ERROR(Feed(StopAsked{}));
  }
  stops_passed_on_ = asked;
  return {};
}

Status Runner::OpenOutbox(const std::string& folder) {
  if (folder.empty()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(Outbox outbox, Outbox::Open(folder));
  outbox_.emplace(std::move(outbox));
  WEFT_ASSIGN_OR_RETURN(Outbox::Found found, outbox_->Load());
  for (const std::string& warning : found.warnings) {
    log_.Warning(warning);
  }
  for (v1::ToCoordinator& outcome : found.outcomes) {
    WEFT_RETURN_IF_ERROR(Feed(OutcomeFound{std::move(outcome)}));
  }
  return {};
}

Status Runner::Feed(const AgentEvent& event) {
  if (const auto* erred = std::get_if<TaskErred>(&event)) {
    log_.With(FieldsOf(erred->attempt)).Warning(erred->error.message());
  } else if (const auto* succeeded = std::get_if<TaskSucceeded>(&event)) {
    log_.With(FieldsOf(succeeded->attempt))
        .Info("done in " + std::to_string(succeeded->result.seconds()) + " s");
    if (succeeded->result.micro_batch() > 0) {
      log_.With(FieldsOf(succeeded->attempt))
          .Warning("memory was too short for the job's micro-batch; went on with " +
                   std::to_string(succeeded->result.micro_batch()) + " frames a pass");
    }
  }
  return Obey(agent_.Handle(event, clock_.Now()));
}

Status Runner::UseBulk(const std::string& address) {
  if (address == bulk_address_) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> bulk, zmq_.Connect(address));
  device_.UseBlobs(std::make_unique<RemoteBlobStore>(std::move(bulk)));
  bulk_address_ = address;
  return {};
}

void Runner::TendOutbox(const AgentEffects& effects) {
  if (effects.keep) {
    const Status kept = outbox_->Keep(*effects.keep);
    if (!kept) {  // It is told all the same, as long as this process lives.
      log_.Warning("a result cannot be kept: " + kept.error().message());
    }
  }
  for (const AttemptId& attempt : effects.forget) {
    outbox_->Forget(attempt);
  }
}

Status Runner::Obey(const AgentEffects& effects) {
  for (const std::string& note : effects.notes) {
    log_.Info(note);
  }
  if (outbox_) {
    TendOutbox(effects);
  }
  if (effects.bulk_address) {
    WEFT_RETURN_IF_ERROR(UseBulk(*effects.bulk_address));
  }
  if (effects.abandon) {
    device_.Abandon();
  }
  if (effects.start) {
    WEFT_ASSIGN_OR_RETURN(const AttemptId attempt, FromWire(effects.start->attempt()));
    log_.With(FieldsOf(attempt)).Info("starts");
    Failpoint("worker/before-start");
    device_.Start(*effects.start, attempt);
  }
  if (effects.exit) {
    log_sent_ = {};
    SendLog();  // After its goodbye the worker is not heard any more.
  }
  for (const v1::ToCoordinator& message : effects.messages) {
    WEFT_RETURN_IF_ERROR(Say(message));
  }
  leaving_ = leaving_ || effects.exit;
  if (effects.exit_error) {
    return Failure(*effects.exit_error);
  }
  return {};
}

Status Runner::Say(const v1::ToCoordinator& message) {
  Status sent = control_->Send(message.SerializeAsString());
  if (sent || sent.error().code() == ErrorCode::kUnavailable) {
    return {};
  }
  const bool is_outcome = message.has_task_completed() || message.has_task_failed();
  if (!is_outcome || sent.error().code() != ErrorCode::kInvalidArgument) {
    return sent;
  }
  refused_.push_back({message, sent.error()});
  return {};
}

Result<std::unique_ptr<ZmqContext>> OpenZmq(const CurveFiles& curve) {
  WEFT_ASSIGN_OR_RETURN(const ZmqOptions options, OptionsWith(curve));
  return ZmqContext::Open(options);
}

// Until it leaves in peace.
Status Join(WorkerOptions options, const Log& log, LogCourier& courier) {
  if (options.memory == 0) {
    WEFT_ASSIGN_OR_RETURN(options.memory, MemoryOf(options.device));
  }
  WEFT_ASSIGN_OR_RETURN(const std::string numeric_class, models::NumericClass(options.device));
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<ZmqContext> zmq, OpenZmq(options.curve));
  log.Info("joins " + options.coordinator + " with " + numeric_class);
  Runner runner(options, numeric_class, *zmq, log, courier);
  WEFT_RETURN_IF_ERROR(runner.OpenOutbox(options.outbox));
  return runner.Run(options.coordinator);
}

int Main(const WorkerOptions& options) {
  const bool is_child = options.parent != 0;
  if (is_child && !EndWith(options.parent)) {
    return EXIT_FAILURE;
  }
  std::signal(SIGTERM, [](int) { ++stops_asked; });
  std::signal(
      SIGINT, is_child ? SIG_IGN : [](int) { ++stops_asked; });
  cv::setNumThreads(1);
  LogCourier courier;
  const Result<Log> log =
      Log::Open({.program = "weft-worker",
                 .file = options.log_file,
                 .terminal = options.log_file.empty(),
                 .level = *LogLevelNamed(options.log_level),
                 .listener = [&courier](const LogEntry& entry) { courier.Take(entry); }});
  if (!log) {
    std::cerr << "weft-worker: error: " << log.error().message() << '\n';
    return EXIT_FAILURE;
  }
  const Log worker_log = log->With({.worker = options.name});
  const bool can_start =
      is_child || CheckMachine(options.device, options.outbox, options.status_file, worker_log);
  if (!can_start || options.check) {
    return can_start ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (const Status status = Join(options, worker_log, courier); !status) {
    worker_log.Error(status.error().message());
    return EXIT_FAILURE;
  }
  worker_log.Info("left");
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace weft::worker

int main(int argc, char** argv) {
  weft::worker::UseOneThread();
  weft::worker::ChooseBlasKernels(argv);
  weft::worker::WorkerOptions options;
  CLI::App app(
      "Runs tasks for a Weft coordinator.\n\nExample:\n  weft-worker --coordinator "
      "tcp://10.0.0.5:7733 --name gpu17.0 --device cuda:0\n",
      "weft-worker");
  weft::worker::AddOptions(app, options);
  const auto ended = weft::ReadOptions(app, {argv + 1, argv + argc}, weft::worker::kWrongUsage);
  if (ended.has_value()) {
    return *ended;
  }
  weft::models::KeepFreedMemory();
  return weft::worker::Main(options);
}
