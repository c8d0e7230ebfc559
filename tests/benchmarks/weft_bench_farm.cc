// weft-bench-farm: what `weft-bench farm` runs: a program without LibTorch, whose simulated workers
// are forks of it. Prints one line of JSON.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/farm/measure_bulk.h"
#include "tests/benchmarks/farm/measure_farm.h"
#include "tests/benchmarks/farm/measure_gearman.h"
#include "tests/benchmarks/farm/measure_router.h"

namespace weft::bench {
namespace {

enum ExitCode { kDone = 0, kUsage = 2, kFailed = 3 };

constexpr double kMegabyte = 1e6;

using Json = nlohmann::ordered_json;

struct Words {
  FarmOrder order;
  bool throughput = false;
  bool dispatch = false;
  bool recovery = false;
  bool bulk = false;
  bool router = false;
  BulkOrder blobs;
  std::string gearmand;  // Measure this program instead.
};

Status AddThroughput(const FarmOrder& order, Json& json) {
  WEFT_ASSIGN_OR_RETURN(const ThroughputFigures figures, MeasureThroughput(order));
  json["tasks"] = figures.tasks;
  json["tasks_per_s"] = static_cast<double>(figures.tasks) / figures.seconds;
  json["cpu_us_per_task"] = figures.cpu_us_per_task;
  json["fleet_us_per_task"] = figures.fleet_us_per_task;
  json["connect_s"] = figures.connect_seconds;
  json["memory_mb"] = static_cast<double>(figures.memory_bytes) / kMegabyte;
  return {};
}

Status AddDispatch(const FarmOrder& order, Json& json) {
  WEFT_ASSIGN_OR_RETURN(const DispatchFigures figures, MeasureDispatch(order));
  json["offered_per_s"] = order.rate;
  json["dispatch_jobs"] = figures.jobs;
  json["dispatch_p50_ms"] = figures.p50_ms;
  json["dispatch_p99_ms"] = figures.p99_ms;
  json["dispatch_p999_ms"] = figures.p999_ms;
  json["dispatch_memory_mb"] = static_cast<double>(figures.memory_bytes) / kMegabyte;
  return {};
}

Status AddRecovery(const FarmOrder& order, Json& json) {
  WEFT_ASSIGN_OR_RETURN(const RecoveryFigures figures, MeasureRecovery(order));
  json["recovery_open_tasks"] = figures.open_tasks;
  json["recovery_s"] = figures.dispatch_seconds;
  json["reconnect_s"] = figures.reconnect_seconds;
  json["recovery_repeated"] = figures.repeated;
  json["recovery_superseded"] = figures.superseded;
  json["recovery_memory_mb"] = static_cast<double>(figures.memory_bytes) / kMegabyte;
  return {};
}

Result<Json> MeasurePeer(const Words& words) {
  WEFT_ASSIGN_OR_RETURN(const ThroughputFigures figures,
                        MeasureGearman(words.gearmand, words.order));
  return Json{{"part", "farm-peer"},
              {"peer", "gearmand"},
              {"workers", words.order.workers},
              {"processes", std::max(1, words.order.processes)},
              {"tasks", figures.tasks},
              {"tasks_per_s", static_cast<double>(figures.tasks) / figures.seconds},
              {"cpu_us_per_task", figures.cpu_us_per_task},
              {"fleet_us_per_task", figures.fleet_us_per_task},
              {"memory_mb", static_cast<double>(figures.memory_bytes) / kMegabyte}};
}

Result<Json> MeasureRouterAlone(const Words& words) {
  WEFT_ASSIGN_OR_RETURN(const ThroughputFigures figures, MeasureRouter(words.order));
  return Json{{"part", "farm-router"},
              {"workers", words.order.workers},
              {"curve", words.order.curve},
              {"answers", figures.tasks},
              {"answers_per_s", static_cast<double>(figures.tasks) / figures.seconds},
              {"cpu_us_per_answer", figures.cpu_us_per_task},
              {"fleet_us_per_answer", figures.fleet_us_per_task},
              {"memory_mb", static_cast<double>(figures.memory_bytes) / kMegabyte}};
}

Result<Json> MeasureBlobs(const Words& words) {
  WEFT_ASSIGN_OR_RETURN(const BulkFigures figures, MeasureBulk(words.order, words.blobs));
  return Json{{"part", "farm-bulk"},
              {"curve", words.order.curve},
              {"blobs", words.blobs.blobs},
              {"blob_bytes", words.blobs.blob_bytes},
              {"connections", words.blobs.connections},
              {"put_mb_per_s", figures.put_mb_per_s},
              {"get_mb_per_s", figures.get_mb_per_s},
              {"disk_mb_per_s", figures.disk_mb_per_s},
              {"cpu_ms_per_blob", figures.cpu_ms_per_blob},
              {"memory_mb", static_cast<double>(figures.memory_bytes) / kMegabyte}};
}

Result<Json> Measure(const Words& words) {
  const bool only_ours = words.throughput || words.dispatch;
  if (words.order.plain_sockets &&
      (!only_ours || words.recovery || words.bulk || !words.gearmand.empty())) {
    return Failure(ErrorCode::kInvalidArgument,
                   "--plain-sockets goes with --throughput and --dispatch alone: such workers do "
                   "not come back after a restart");
  }
  if (words.bulk) {
    return MeasureBlobs(words);
  }
  if (words.router) {
    return MeasureRouterAlone(words);
  }
  if (!words.gearmand.empty()) {
    return MeasurePeer(words);
  }
  const bool all = !words.throughput && !words.dispatch && !words.recovery;
  Json json = {{"part", "farm"},
               {"workers", words.order.workers},
               {"processes", words.order.processes},
               {"curve", words.order.curve},
               {"plain_sockets", words.order.plain_sockets}};
  if (all || words.throughput) {
    WEFT_RETURN_IF_ERROR(AddThroughput(words.order, json));
  }
  if (all || words.dispatch) {
    WEFT_RETURN_IF_ERROR(AddDispatch(words.order, json));
  }
  if (all || words.recovery) {
    WEFT_RETURN_IF_ERROR(AddRecovery(words.order, json));
  }
  return json;
}

int Run(const Words& words) {
  const Result<Json> json = Measure(words);
  if (!json) {
    std::fprintf(stderr, "weft-bench: %s\n", json.error().message().c_str());
    return kFailed;
  }
  std::printf("%s\n", json->dump().c_str());
  return kDone;
}

void Declare(CLI::App& app, Words& words) {
  FarmOrder& order = words.order;
  app.add_option("--workers", order.workers, "of one slot each")
      ->check(CLI::Range(1, 19'000))
      ->capture_default_str();
  app.add_option("--processes", order.processes,
                 "that share the workers; 0: as few as have room for them")
      ->check(CLI::Range(0, 19'000))
      ->capture_default_str();
  app.add_option("--tasks", order.tasks, "to be done, or to be open at the kill")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--chunks", order.chunks, "of one job")
      ->check(CLI::Range(1, 8000))
      ->capture_default_str();
  app.add_option("--rate", order.rate, "tasks a second offered to the idle fleet")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", order.seconds, "for so long")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--folder", order.folder, "for the ledgers; should be on a real disk");
  app.add_option("--coordinator", order.coordinator, "the program")->capture_default_str();
  app.add_option("--option", order.coordinator_options, "one more word for the coordinator")
      ->allow_extra_args(false);
  app.add_flag("--curve", order.curve, "over CURVE; the simulated workers share one key");
  app.add_flag("--plain-sockets", order.plain_sockets,
               "the workers speak ZeroMQ's protocol themselves, without its library");
  app.add_option("--gearmand", words.gearmand, "measure this program's throughput instead");
  app.add_flag("--router", words.router,
               "measure a ROUTER that answers workers over plain sockets and does nothing else");
  app.add_flag("--bulk", words.bulk, "measure how fast blobs are stored instead");
  app.add_option("--blobs", words.blobs.blobs)->check(CLI::Range(1, 1'000'000));
  app.add_option("--blob-bytes", words.blobs.blob_bytes)->check(CLI::Range(1, 1 << 30));
  app.add_option("--connections", words.blobs.connections, "that put one blob after the other")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--throughput", words.throughput, "measure only this, or these");
  app.add_flag("--dispatch", words.dispatch);
  app.add_flag("--recovery", words.recovery);
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  CLI::App app("The coordinator against simulated workers.", "weft-bench farm");
  weft::bench::Words words;
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  words.order.coordinator = (here / "weft-coordinator").string();
  weft::bench::Declare(app, words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? weft::bench::kDone : weft::bench::kUsage;
  }
  return weft::bench::Run(words);
}
