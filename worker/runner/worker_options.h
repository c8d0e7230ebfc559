// What a worker is told when it is started.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <sys/types.h>

#include "common/transport/curve_files.h"
#include "worker/storage/path_rules.h"
#include "worker/storage/task_files.h"

namespace weft::worker {

struct WorkerOptions {
  std::string coordinator;
  std::string name;
  std::string device = "cpu";
  std::uint64_t memory = 0;  // Bytes of the device that a model may take; 0: three quarters of it.
  std::string log_file;
  std::string outbox;
  std::vector<std::string> tags;
  std::string log_level = "info";
  std::string status_file;
  pid_t parent = 0;  // Who has started this process for itself alone; 0: nobody.
  bool check = false;
  CurveFiles curve;
  StorageOptions storage;
  std::vector<std::string> roots;
  std::vector<std::string> maps;  // "FROM=TO".
};

// As they say.
PathRules RulesOf(const WorkerOptions& options);

// options: outlives `app`, which fills it in when it parses.
void AddOptions(CLI::App& app, WorkerOptions& options);

}  // namespace weft::worker
