// weft-coordinator: plans, schedules and keeps the state of a farm.
//
// Exit status: 0 stopped by SIGINT or SIGTERM, 1 it could not start or go on, 2 wrong usage.

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "common/log/log.h"
#include "common/settings/program_options.h"
#include "common/transport/curve_files.h"
#include "common/transport/zmq_transport.h"
#include "coordinator/http/http_server.h"
#include "coordinator/server/server.h"
#include "coordinator/server/stop_signals.h"

namespace weft::coordinator {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Options {
  ServerOptions server;
  CurveFiles curve;
  std::string http_address;  // Empty: none.
  std::string log_file;
};

int Fail(const Log& log, const Error& error) {
  log.Error(error.message());
  return kFailed;
}

// Null where nothing is to be served.
Result<std::unique_ptr<HttpServer>> OpenHttp(const std::string& address, Server& server) {
  if (address.empty()) {
    return nullptr;
  }
  return HttpServer::Open(address,
                          [&server](v1::ToCoordinator question, Switchboard::Answered answered) {
                            server.Board().Ask(std::move(question), std::move(answered));
                          });
}

int Serve(const Options& options) {
  const StopSignals stop;
  const auto log = Log::Open({.program = "weft-coordinator", .file = options.log_file});
  if (!log) {
    std::cerr << "weft-coordinator: " << log.error().message() << "\n";
    return kFailed;
  }
  const auto zmq_options = OptionsWith(options.curve);
  if (!zmq_options) {
    return Fail(*log, zmq_options.error());
  }
  const auto context = ZmqContext::Open(*zmq_options);
  if (!context) {
    return Fail(*log, context.error());
  }
  const auto server = Server::Open(**context, options.server, *log);
  if (!server) {
    return Fail(*log, server.error());
  }
  log->Info("listening on " + (*server)->ControlAddress() + ", for blobs on " +
            (*server)->BulkAddress());
  const auto http = OpenHttp(options.http_address, **server);
  if (!http) {
    return Fail(*log, http.error());
  }
  if (*http != nullptr) {
    log->Info("HTTP on port " + std::to_string((*http)->Port()));
  }
  const Status served = (*server)->Run(stop.Requested());
  if (!served) {
    return Fail(*log, served.error());
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
  AddSpan(app, "--heartbeat-ms", "Workers speak this often", options.heartbeat);
  AddSpan(app, "--silence-ms", "Then a silent worker is taken for gone", options.silence);
  AddSpan(app, "--lease-ms", "Then an attempt nobody speaks of is given up", options.lease);
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

void AddOptions(CLI::App& app, Options& options) {
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
  app.add_option("--http", options.http_address,
                 "Address for HTTP, such as 127.0.0.1:7780; whoever reaches it may command")
      ->type_name("ADDRESS");
  app.add_option("--keys", options.curve.keys, "This coordinator's key file, made by weft keys");
  app.add_option("--guests", options.curve.guests_folder,
                 "Folder with NAME.pub of all who may connect");
  app.add_flag("--plain-tcp", options.curve.plain_tcp,
               "Allow TCP beyond this machine without keys");
  app.add_option("--log-file", options.log_file, "File for the log, as JSON lines");
}

}  // namespace
}  // namespace weft::coordinator

int main(int argc, char** argv) {
  CLI::App app{"Plans, schedules and keeps the state of a Weft farm.", "weft-coordinator"};
  weft::coordinator::Options options;
  weft::coordinator::AddOptions(app, options);
  const auto ended =
      weft::ReadOptions(app, {argv + 1, argv + argc}, weft::coordinator::kWrongUsage);
  return ended.has_value() ? *ended : weft::coordinator::Serve(options);
}
