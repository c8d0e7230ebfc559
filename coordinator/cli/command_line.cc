#include "coordinator/cli/command_line.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "coordinator/cli/exit_codes.h"
#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/yaml_job.h"

namespace weft::cli {
namespace {

constexpr const char* kVersion = "weft " WEFT_VERSION;

constexpr const char* kExamples =
    "Examples:\n"
    "  weft render city.mp4 -o neon.mp4 --model models/weft-demo --prompt \"neon glow\"\n"
    "  weft render city.mp4 -o gold.mp4 --model models/weft-demo --prompt \"golden sunset\" \\\n"
    "      --strength 0.8 --control softedge=0.7 --size 512x320 --frames 0:48\n"
    "  weft render job.yaml --seed 7        # the fields of a job file; flags beside it win\n"
    "  weft plan city.mp4 --model models/weft-demo --chunk 8\n\n";

// What one subcommand was called with, before anything is made of it.
struct Given {
  std::string source;                                      // INPUT: a clip or a job file.
  std::map<std::string, std::vector<std::string>> values;  // By field name.
};

void AddSwitch(CLI::App& app, const Field& field, Given& given) {
  const std::string yes = "--" + field.name;
  const std::string no = "--no-" + field.name;
  const auto store = [&given, name = field.name, yes, no](const char* value) {
    return [&given, name, yes, no, value](std::int64_t /*count*/) {
      if (!given.values.emplace(name, std::vector<std::string>{value}).second) {
        throw CLI::ExcludesError(yes, no);
      }
    };
  };
  app.add_flag_function(yes, store("true"), field.help + "; " + no);
  app.add_flag_function(no, store("false"))->group("");  // Already named in the other's line.
}

void AddField(CLI::App& app, const Field& field, Given& given) {
  if (field.kind == FieldKind::kSwitch) {
    AddSwitch(app, field, given);
    return;
  }
  if (field.clear) {
    app.add_option_function<std::vector<std::string>>(
           "--" + field.name,
           [&given, name = field.name](const std::vector<std::string>& texts) {
             given.values[name] = texts;
           },
           field.help)
        ->type_name(field.placeholder)
        ->type_size(1)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return;
  }
  const std::string short_flag = field.name == "output" ? "-o," : "";
  app.add_option_function<std::string>(
         short_flag + "--" + field.name,
         [&given, name = field.name](const std::string& text) { given.values[name] = {text}; },
         field.help)
      ->type_name(field.placeholder);
}

CLI::App* AddCommand(CLI::App& app,
                     const std::string& name,
                     const std::string& help,
                     Given& given) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->add_option("INPUT", given.source, "a clip, or a job file (.yaml, .yml)")->type_name("");
  for (const Field& field : JobFields()) {
    AddField(*command, field, given);
  }
  command->footer(kExamples + ExitCodeHelp());
  return command;
}

Status SetFlag(const Field& field,
               const std::string& text,
               const std::string& folder,
               JobOptions& options) {
  const Status set = field.set(AbsoluteText(field, text, folder), options);
  if (!set) {
    return Failure(Error(set.error().code(), "--" + field.name + " " + set.error().message()));
  }
  return {};
}

Result<JobOptions> Options(const Given& given, const std::string& folder) {
  JobOptions options;
  if (!given.source.empty()) {
    options.input = AbsolutePath(given.source, folder);
  }
  if (IsJobFile(options.input)) {
    WEFT_RETURN_IF_ERROR(ReadJobFile(std::exchange(options.input, ""), options));
  }
  for (const Field& field : JobFields()) {
    const auto value = given.values.find(field.name);
    if (value == given.values.end()) {
      continue;
    }
    if (field.clear) {
      field.clear(options);
    }
    for (const std::string& text : value->second) {
      WEFT_RETURN_IF_ERROR(SetFlag(field, text, folder, options));
    }
  }
  return options;
}

}  // namespace

Result<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments,
                                    const std::string& folder) {
  CLI::App app("Weft renders video with diffusion models.", "weft");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer(kExamples + ExitCodeHelp() + "\n\nweft render --help lists every option.");
  Given given;
  const CLI::App* const render = AddCommand(
      app, "render", "Render a clip on this machine; goes on where it was stopped", given);
  AddCommand(app, "plan", "Show chunks, rounds, tasks, bytes and time; renders nothing", given);

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // As CLI11 wants it.
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return CommandLine{.command = Command::kShow, .text = app.help(), .options = {}};
  } catch (const CLI::CallForVersion&) {
    return CommandLine{
        .command = Command::kShow, .text = std::string(kVersion) + "\n", .options = {}};
  } catch (const CLI::ParseError& error) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string(error.what()) + " (weft render --help lists what there is)");
  }
  WEFT_ASSIGN_OR_RETURN(JobOptions options, Options(given, folder));
  return CommandLine{.command = render->parsed() ? Command::kRender : Command::kPlan,
                     .text = "",
                     .options = std::move(options)};
}

}  // namespace weft::cli
