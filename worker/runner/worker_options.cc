#include "worker/runner/worker_options.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "common/storage/s3_options.h"

namespace weft::worker {
namespace {

CLI::Validator IsAbsoluteFolder() {
  return CLI::Validator(
      [](const std::string& folder) {
        const bool is_one =
            !folder.empty() && folder.front() == '/' && CLI::ExistingDirectory(folder).empty();
        return is_one ? std::string() : folder + " is no folder here with an absolute path";
      },
      "");
}

CLI::Validator IsPathMap() {
  return CLI::Validator(
      [](const std::string& text) {
        const auto map = ParsePathMap(text);
        return map ? std::string() : map.error().message();
      },
      "");
}

}  // namespace

PathRules RulesOf(const WorkerOptions& options) {
  PathRules rules{{}, options.roots};
  for (const std::string& text : options.maps) {
    if (auto map = ParsePathMap(text); map) {  // Else it was refused already.
      rules.maps.push_back(*std::move(map));
    }
  }
  return rules;
}

void AddOptions(CLI::App& app, WorkerOptions& options) {
  app.set_version_flag("--version", "weft-worker " WEFT_VERSION);
  app.add_option("--coordinator", options.coordinator, "Address, tcp://HOST:PORT or ipc://PATH")
      ->required();
  app.add_option("--name", options.name, "This worker's name, the same at every start")->required();
  app.add_option("--device", options.device, "cpu or cuda:N")->capture_default_str();
  app.add_option("--memory", options.memory,
                 "Of the device, for the model: 12GB, 800MB, … [three quarters of what it has]")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
  app.add_option("--outbox", options.outbox,
                 "Folder of this worker alone: results are kept there until they are acknowledged, "
                 "also when the worker is killed");
  app.add_option("--cache", options.storage.cache_folder,
                 "Folder for what is fetched from s3://; workers of a machine share it "
                 "[$CACHE_DIRECTORY, $XDG_CACHE_HOME/weft, ~/.cache/weft]");
  app.add_option("--cache-size", options.storage.cache_bytes, "Of that folder: 50GB, …")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->default_str("50GB");
  app.add_option("--root", options.roots,
                 "Folder whose files jobs may name; may be repeated [any file]")
      ->type_name("DIR")
      ->check(IsAbsoluteFolder());
  app.add_option("--map", options.maps,
                 "What begins with FROM in a job lies below TO on this machine; may be repeated")
      ->type_name("FROM=TO")
      ->check(IsPathMap());
  AddS3Options(app, options.storage.s3);
  app.add_option("--tag", options.tags, "Something that jobs can ask for; may be repeated");
  app.add_option("--keys", options.curve.keys, "This worker's key file, made by weft keys");
  app.add_option("--server-key", options.curve.server, "The coordinator's FILE.pub");
  app.add_flag("--plain-tcp", options.curve.plain_tcp,
               "Allow TCP beyond this machine without keys");
  app.add_option("--log-file", options.log_file, "JSON lines go here, and nothing to the terminal");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--status-file", options.status_file,
                 "Written anew every few seconds, as JSON: whether it is ready, what it runs");
  app.add_flag("--check", options.check,
               "Only say whether this machine is fit for it; exit status 0: it is");
  app.add_option("--exit-with-parent", options.parent,
                 "End when the process of this number ends, which has started this one")
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
}

}  // namespace weft::worker
