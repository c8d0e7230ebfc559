// weft-coordinator: plans, schedules and keeps the state of a farm.
//
// Exit status: 0 stopped by SIGINT or SIGTERM, 1 it could not start or go on, 2 wrong usage.

#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "common/log/log.h"
#include "common/transport/curve_files.h"
#include "common/transport/zmq_transport.h"
#include "coordinator/server/server.h"
#include "coordinator/server/stop_signals.h"

namespace weft::coordinator {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int Fail(const Log& log, const Error& error) {
  log.Error(error.message());
  return kFailed;
}

int Serve(const ServerOptions& options, const CurveFiles& curve, const std::string& log_file) {
  const StopSignals stop;
  const auto log = Log::Open({.program = "weft-coordinator", .file = log_file});
  if (!log) {
    std::cerr << "weft-coordinator: " << log.error().message() << "\n";
    return kFailed;
  }
  const auto zmq_options = OptionsWith(curve);
  if (!zmq_options) {
    return Fail(*log, zmq_options.error());
  }
  const auto context = ZmqContext::Open(*zmq_options);
  if (!context) {
    return Fail(*log, context.error());
  }
  const auto server = Server::Open(**context, options, *log);
  if (!server) {
    return Fail(*log, server.error());
  }
  log->Info("listening on " + (*server)->ControlAddress() + ", for blobs on " +
            (*server)->BulkAddress());
  const Status served = (*server)->Run(stop.Requested());
  if (!served) {
    return Fail(*log, served.error());
  }
  log->Info("stopped; start it again on " + options.state_folder + " to go on");
  return 0;
}

void AddSpan(CLI::App& app, const std::string& name, const std::string& what, Duration& span) {
  constexpr int kLongestMs = 86'400'000;
  app.add_option_function<int>(
         name, [&span](const int& milliseconds) { span = Duration(milliseconds); },
         what + " [" + std::to_string(span.count()) + "]")
      ->type_name("MS")
      ->check(CLI::Range(10, kLongestMs));
}

}  // namespace
}  // namespace weft::coordinator

int main(int argc, char** argv) {
  CLI::App app{"Plans, schedules and keeps the state of a Weft farm."};
  weft::coordinator::ServerOptions options;
  std::string log_file;
  app.add_option("--state", options.state_folder, "Folder for ledger and blobs")->required();
  app.add_option("--listen", options.control_address, "Address, such as tcp://127.0.0.1:7733")
      ->required();
  app.add_option("--bulk", options.bulk_address, "Address for blobs, such as tcp://127.0.0.1:7734")
      ->required();
  app.add_option("--bulk-public", options.bulk_public_address,
                 "Address for blobs as workers see it, where that differs");
  weft::coordinator::AddSpan(app, "--heartbeat-ms", "Workers speak this often", options.heartbeat);
  weft::coordinator::AddSpan(app, "--silence-ms", "Then a silent worker is taken for gone",
                             options.silence);
  weft::coordinator::AddSpan(app, "--lease-ms", "Then an attempt nobody speaks of is given up",
                             options.lease);
  constexpr std::uint64_t kMebibyte = 1 << 20;
  app.add_option_function<std::uint64_t>(
         "--disk-low-mb",
         [&](const std::uint64_t& mebibytes) { options.disk.low_bytes = mebibytes * kMebibyte; },
         "With less than this left on the disk, jobs are held back [512]")
      ->type_name("MIB")
      ->check(CLI::Range(64, 1 << 30));
  weft::CurveFiles curve;
  app.add_option("--keys", curve.keys, "This coordinator's key file, made by weft keys");
  app.add_option("--guests", curve.guests_folder, "Folder with NAME.pub of all who may connect");
  app.add_flag("--plain-tcp", curve.plain_tcp, "Allow TCP beyond this machine without keys");
  app.add_option("--log-file", log_file, "File for the log, as JSON lines");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : weft::coordinator::kWrongUsage;
  }
  return weft::coordinator::Serve(options, curve, log_file);
}
