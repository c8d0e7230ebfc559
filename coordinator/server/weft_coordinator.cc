// weft-coordinator: plans, schedules and keeps the state of a farm.
//
// Exit status: 0 stopped by SIGINT or SIGTERM, 1 it could not start or go on, 2 wrong usage.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/clock.h"
#include "common/log/log.h"
#include "common/machine_check.h"
#include "common/service_notice.h"
#include "common/settings/program_options.h"
#include "common/transport/curve_files.h"
#include "common/transport/zmq_transport.h"
#include "coordinator/http/http_server.h"
#include "coordinator/server/server.h"
#include "coordinator/server/stop_signals.h"
#include "coordinator/server/webhook.h"
#include "coordinator/server/webhook_body.h"

// jemalloc asks for it by this name (jemalloc(3), "TUNING"). What one thread allocates another one
// frees here, so that few arenas serve better than one for each; and what a crowd of workers took
// as it came goes back soon.
extern "C" {
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables,readability-identifier-naming)
const char* malloc_conf = "narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0";
}

namespace weft::coordinator {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Options {
  ServerOptions server;
  CurveFiles curve;
  std::string http_address;  // Empty: none.
  std::string http_tokens;   // The file that they are in; empty: nobody needs one.
  std::string log_file;
  bool check = false;
  std::vector<std::string> webhooks;  // URLs.
  std::string webhook_secret;         // The file that it is in.
};

// What of this machine does not suit the coordinator; true where it can start all the same.
bool CheckMachine(const ServerOptions& options, const Log& log) {
  constexpr std::uint64_t kDescriptorsWanted = 4096;
  constexpr std::uint64_t kRoomInLows = 4;  // Of what is too little.
  Findings findings;
  const auto add = [&](std::optional<Finding> finding) {
    if (finding.has_value()) {
      findings.push_back(*std::move(finding));
    }
  };
  const std::string ledger = options.state_folder + "/ledger";
  add(CheckDescriptors(kDescriptorsWanted, "one for every worker and client"));
  add(CheckFolder(options.state_folder));
  add(CheckUnlocked(ledger + "/LOCK", "a coordinator"));
  add(CheckFreeDisk(options.state_folder, kRoomInLows * options.disk.low_bytes,
                    "the state folder"));
  add(CheckClock(std::chrono::system_clock::now(), LatestWrite(ledger)));
  add(CheckClockIsKept());
  bool can_start = true;
  for (const Finding& finding : findings) {
    log.Write(finding.is_fatal ? LogLevel::kError : LogLevel::kWarning, finding.text);
    can_start = can_start && !finding.is_fatal;
  }
  return can_start;
}

// Null where nothing is to be served.
Result<std::unique_ptr<HttpServer>> OpenHttp(const Options& options, Server& server) {
  if (options.http_address.empty()) {
    return nullptr;
  }
  std::optional<HttpTokens> tokens;
  if (!options.http_tokens.empty()) {
    WEFT_ASSIGN_OR_RETURN(tokens, HttpTokens::Read(options.http_tokens));
  }
  return HttpServer::Open(
      options.http_address,
      [&server](const Guest& guest, v1::ToCoordinator question, Switchboard::Answered answered) {
        server.Board().Ask(guest, std::move(question), std::move(answered));
      },
      {}, std::move(tokens));
}

// The first line of the file; empty where none is named.
Result<std::string> ReadSecret(const std::string& path) {
  std::string secret;
  std::ifstream file(path);
  if (!path.empty() && (!std::getline(file, secret) || secret.empty())) {
    return Failure(ErrorCode::kInvalidArgument, path + ": there is no secret in its first line");
  }
  return secret;
}

// Each tells one URL.
using Webhooks = std::vector<std::unique_ptr<Webhook>>;

// kInvalidArgument: no secret where one should be.
Result<Webhooks> OpenWebhooks(const Options& options, const Log& log) {
  WEFT_ASSIGN_OR_RETURN(const std::string secret, ReadSecret(options.webhook_secret));
  Webhooks webhooks;
  for (const std::string& url : options.webhooks) {
    webhooks.push_back(
        std::make_unique<Webhook>(WebhookOptions{.url = url, .secret = secret}, log));
  }
  return webhooks;
}

// Tells all of them of every job. webhooks: outlive what is returned.
std::function<void(const JobEvent& event)> TellingOf(const Webhooks& webhooks) {
  if (webhooks.empty()) {
    return {};
  }
  return [&webhooks](const JobEvent& event) {
    const std::string body = WebhookBody(event.event, event.job, event.unix_ms);
    for (const auto& webhook : webhooks) {
      webhook->Tell(body);
    }
  };
}

Status ServeUntil(const StopSignals& stop, const Options& options, const Log& log) {
  WEFT_ASSIGN_OR_RETURN(const ZmqOptions zmq, OptionsWith(options.curve));
  std::error_code failure;
  if (std::filesystem::is_directory(options.curve.guests, failure)) {
    log.Warning(options.curve.guests +
                ": a folder of guests says no roles, and everybody in it may do everything; a file "
                "with a line ROLE NAME KEY for each does");
  }
  WEFT_ASSIGN_OR_RETURN(const auto context, ZmqContext::Open(zmq));
  WEFT_ASSIGN_OR_RETURN(const Webhooks webhooks, OpenWebhooks(options, log));
  ServerOptions server_options = options.server;
  server_options.hear_job = TellingOf(webhooks);
  WEFT_ASSIGN_OR_RETURN(const auto server, Server::Open(*context, server_options, log));
  const std::string where =
      "listening on " + server->ControlAddress() + ", for blobs on " + server->BulkAddress();
  log.Info(where);
  WEFT_ASSIGN_OR_RETURN(const auto http, OpenHttp(options, *server));
  if (http != nullptr) {
    log.Info("HTTP on port " + std::to_string(http->Port()));
  }
  const SteadyClock clock;
  ServiceNotice notice = ServiceNotice::FromEnvironment();
  notice.Ready(where);
  Status served = server->Run(stop.Requested(), [&] { notice.Alive(clock.Now()); });
  notice.Stopping();
  return served;
}

// What a start would stumble over besides the machine: keys, lists, tokens, and addresses. None of
// it is kept; whoever listens on Unix sockets is left alone.
Status CheckPlaces(const Options& options) {
  WEFT_ASSIGN_OR_RETURN(const ZmqOptions zmq, OptionsWith(options.curve));
  WEFT_ASSIGN_OR_RETURN([[maybe_unused]] const std::string secret,
                        ReadSecret(options.webhook_secret));
  if (!options.http_tokens.empty()) {
    WEFT_ASSIGN_OR_RETURN([[maybe_unused]] const HttpTokens tokens,
                          HttpTokens::Read(options.http_tokens));
  }
  WEFT_ASSIGN_OR_RETURN(const auto context, ZmqContext::Open(zmq));
  for (const std::string& address : {options.server.control_address, options.server.bulk_address}) {
    if (address.rfind("tcp://", 0) == 0) {
      WEFT_ASSIGN_OR_RETURN([[maybe_unused]] const auto listener, context->Listen(address));
    }
  }
  if (!options.http_address.empty()) {
    WEFT_ASSIGN_OR_RETURN([[maybe_unused]] const auto http,
                          HttpServer::Open(options.http_address, [](const auto&...) {}));
  }
  return {};
}

int Serve(const Options& options) {
  const StopSignals stop;
  const auto log = Log::Open({.program = "weft-coordinator", .file = options.log_file});
  if (!log) {
    std::cerr << "weft-coordinator: " << log.error().message() << "\n";
    return kFailed;
  }
  const bool can_start = CheckMachine(options.server, *log);
  const Status places = can_start && options.check ? CheckPlaces(options) : Status();
  if (!places) {
    log->Error(places.error().message());
  }
  if (!can_start || options.check) {
    return can_start && places ? 0 : kFailed;
  }
  if (const Status served = ServeUntil(stop, options, *log); !served) {
    log->Error(served.error().message());
    return kFailed;
  }
  log->Info("stopped; start it again on " + options.server.state_folder + " to go on");
  return 0;
}

void AddSpan(CLI::App& app, const std::string& name, const std::string& what, Duration& span) {
  constexpr int kLongestMs = 86'400'000;
  app.add_option_function<int>(
         name, [&span](const int& milliseconds) { span = Duration(milliseconds); }, what)
      ->type_name("MS")
      ->default_str(std::to_string(span.count()))
      ->check(CLI::Range(10, kLongestMs));
}

void AddTimes(CLI::App& app, ServerOptions& options) {
  AddSpan(app, "--heartbeat-ms", "Workers speak this often while they are few", options.heartbeat);
  AddSpan(app, "--silence-ms", "Then a silent worker is taken for gone", options.silence);
  AddSpan(app, "--lease-ms", "Then an attempt nobody speaks of is given up", options.lease);
}

void AddLink(CLI::App& app, ServerOptions& options) {
  constexpr double kMegabyte = 1e6;
  app.add_option_function<double>(
         "--link-mb",
         [&options](const double& megabytes) {
           options.link_bytes_per_second = megabytes * kMegabyte;
         },
         "Megabytes a second that a worker, and this machine, can move: plans weigh computing "
         "frames "
         "again against sending them")
      ->type_name("MB")
      ->default_str(std::to_string(static_cast<int>(options.link_bytes_per_second / kMegabyte)))
      ->check(CLI::Range(0.1, 1e6));
}

void AddDisk(CLI::App& app, ServerOptions& options) {
  constexpr std::uint64_t kMebibyte = 1 << 20;
  app.add_option_function<std::uint64_t>(
         "--disk-low-mb",
         [&options](const std::uint64_t& mebibytes) {
           options.disk.low_bytes = mebibytes * kMebibyte;
         },
         "With less than this left on the disk, jobs are held back")
      ->type_name("MIB")
      ->default_str(std::to_string(options.disk.low_bytes / kMebibyte))
      ->check(CLI::Range(64, 1 << 30));
  constexpr int kDaysMax = 3650;
  app.add_option_function<int>(
         "--log-days",
         [&options](const int& days) { options.logs.age_max = std::chrono::hours(24 * days); },
         "Logs of jobs that nothing was added to for so long are deleted")
      ->type_name("DAYS")
      ->default_str(std::to_string(options.logs.age_max.count() / 24))
      ->check(CLI::Range(1, kDaysMax));
}

void AddGibibytes(CLI::App& app,
                  const std::string& name,
                  const std::string& what,
                  std::uint64_t& bytes) {
  constexpr std::uint64_t kGibibyte = 1 << 30;
  app.add_option_function<double>(
         name,
         [&bytes](const double& gibibytes) {
           bytes = static_cast<std::uint64_t>(gibibytes * static_cast<double>(kGibibyte));
         },
         what)
      ->type_name("GIB")
      ->default_str(std::to_string(bytes / kGibibyte))
      ->check(CLI::Range(0.001, 1024.0));
}

void AddHours(CLI::App& app, const std::string& name, const std::string& what, Duration& span) {
  app.add_option_function<double>(
         name,
         [&span](const double& hours) {
           span = std::chrono::duration_cast<Duration>(
               std::chrono::duration<double, std::ratio<3600>>(hours));
         },
         what)
      ->type_name("HOURS")
      ->default_str(std::to_string(std::chrono::duration_cast<std::chrono::hours>(span).count()))
      ->check(CLI::Range(0.0, 8760.0));
}

void AddUploads(CLI::App& app, UploadLimits& limits) {
  AddGibibytes(app, "--upload-file-gb", "The largest file that may be handed in with a job",
               limits.file_bytes_max);
  AddGibibytes(app, "--upload-user-gb", "Of all files that a user has handed in",
               limits.user_bytes_max);
  AddHours(app, "--upload-hours",
           "Files that were handed in are kept so long after the last job that reads them has "
           "ended",
           limits.keep);
}

void AddResults(CLI::App& app, ResultLimits& limits) {
  AddGibibytes(app, "--result-user-gb",
               "With so much of a user's results kept here, no further job is accepted whose "
               "result is to be kept",
               limits.user_bytes_max);
  AddHours(app, "--result-hours", "Results are kept here so long after their job is done",
           limits.keep);
}

void AddJobs(CLI::App& app, std::optional<Duration>& keep) {
  keep = std::chrono::hours(720);
  AddHours(app, "--job-hours",
           "A job is forgotten so long after it has ended, with all that is stored of it", *keep);
}

void AddOptions(CLI::App& app, Options& options) {
  app.set_version_flag("--version", "weft-coordinator " WEFT_VERSION);
  app.add_option("--state", options.server.state_folder, "Folder for ledger, blobs and logs")
      ->required();
  app.add_option("--listen", options.server.control_address,
                 "Address, such as tcp://127.0.0.1:7733")
      ->required();
  app.add_option("--bulk", options.server.bulk_address,
                 "Address for blobs, such as tcp://127.0.0.1:7734")
      ->required();
  app.add_option("--bulk-public", options.server.bulk_public_address,
                 "Address for blobs as workers see it, where that differs");
  AddTimes(app, options.server);
  AddDisk(app, options.server);
  AddLink(app, options.server);
  AddUploads(app, options.server.uploads);
  AddResults(app, options.server.results);
  AddJobs(app, options.server.job_keep);
  app.add_option("--http", options.http_address,
                 "Address for HTTP, such as 127.0.0.1:7780; whoever reaches it may command, unless "
                 "there are tokens")
      ->type_name("ADDRESS");
  app.add_option("--http-tokens", options.http_tokens,
                 "File with a line ROLE NAME SHA256 for each bearer token; roles are view, submit "
                 "and operate")
      ->type_name("FILE");
  app.add_option("--keys", options.curve.keys, "This coordinator's key file, made by weft keys");
  app.add_option(
      "--guests", options.curve.guests,
      "File with a line ROLE NAME KEY for each who may connect; roles are worker, submit and "
      "operate");
  app.add_flag("--plain-tcp", options.curve.plain_tcp,
               "Allow TCP beyond this machine without keys");
  app.add_flag(
      "--trust-outputs", options.server.trusts_outputs,
      "Take workers at their word on what they have stored, as benchmarks without blobs need");
  app.add_option("--log-file", options.log_file, "File for the log, as JSON lines");
  app.add_option("--webhook", options.webhooks, "Is told of jobs, as JSON by POST; may be repeated")
      ->type_name("URL");
  app.add_option("--webhook-secret", options.webhook_secret,
                 "File whose first line signs what webhooks are told")
      ->type_name("FILE");
  app.add_flag("--check", options.check,
               "Only say whether this machine and the state folder are fit for it; 0: they are");
}

}  // namespace
}  // namespace weft::coordinator

int main(int argc, char** argv) {
  CLI::App app{
      "Plans, schedules and keeps the state of a Weft farm.\n\nExample:\n  weft-coordinator "
      "--state "
      "/var/lib/weft --listen tcp://*:7733 --bulk tcp://*:7734 \\\n      --keys farm.key --guests "
      "guests --http 127.0.0.1:7780\n",
      "weft-coordinator"};
  weft::coordinator::Options options;
  weft::coordinator::AddOptions(app, options);
  const auto ended =
      weft::ReadOptions(app, {argv + 1, argv + argc}, weft::coordinator::kWrongUsage);
  return ended.has_value() ? *ended : weft::coordinator::Serve(options);
}
