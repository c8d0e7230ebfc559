#include "coordinator/cli/command_line.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "coordinator/cli/exit_codes.h"
#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/mistyped.h"
#include "coordinator/cli/output_name.h"
#include "coordinator/cli/yaml_job.h"

namespace weft::cli {
namespace {

constexpr const char* kVersion = "weft " WEFT_VERSION;
constexpr const char* kKind = "kind";  // The field.

constexpr const char* kRenderExamples =
    "  weft render city.mp4 -o neon.mp4 --model models/weft-demo --prompt \"neon glow\"\n"
    "  weft render city.mp4 -o gold.mp4 --model models/weft-demo --prompt \"golden sunset\" \\\n"
    "      --strength 0.8 --control softedge=0.7 --size 512x320 --frames 0:48\n"
    "  weft render job.yaml --seed 7        # the fields of a job file; flags beside it win\n";

constexpr const char* kDeflickerExamples =
    "  weft deflicker --style neon.mp4 --guide city.mp4 -o steady.mp4\n"
    "  weft deflicker --style neon.mp4 -o steady.mkv --lossless    # without the clean clip\n"
    "  weft deflicker --style neon-12fps.mp4 --guide city-4k.mp4 --align -o steady.mp4\n"
    "  weft deflicker job.yaml --window 8   # a job file that says kind: deflicker\n";

constexpr const char* kPlanExamples =
    "  weft plan city.mp4 --model models/weft-demo --chunk 8\n"
    "  weft plan --kind deflicker --style neon.mp4 --guide city.mp4\n"
    "  weft plan job.yaml\n";

constexpr const char* kDeflickerNotes =
    "STYLE decides size, frame rate, time stamps and sound of the output. Without --align, GUIDE\n"
    "must have as many frames, of the same size and at the same times. Frames have 8 bits a\n"
    "channel inside, also of 10-bit clips, unless --high-bit-depth is given. Clips with\n"
    "transparency are refused.\n\n";

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

std::string Footer(const std::string& examples) {
  return "Examples:\n" + examples + "\n" + ExitCodeHelp();
}

struct Subcommand {
  std::string name;
  std::string help;
  std::string input_help;
  std::string footer;
};

CLI::App* AddCommand(CLI::App& app, const Subcommand& what, Given& given) {
  CLI::App* const command = app.add_subcommand(what.name, what.help);
  command->add_option("INPUT", given.source, what.input_help)->type_name("");
  command->footer(what.footer);
  return command;
}

// A command that does jobs of one kind: that it is this kind needs no saying.
void AddFields(CLI::App& command, v1::JobKind kind, Given& given) {
  for (const Field& field : JobFields(kind)) {
    if (field.name != kKind) {
      AddField(command, field, given);
    }
  }
}

// Those of every kind; what only a deflicker job has stands apart in the help.
void AddFieldsOfAllKinds(CLI::App& command, Given& given) {
  const std::vector<Field> of_render = JobFields(v1::JOB_KIND_RENDER);
  for (const Field& field : of_render) {
    AddField(command, field, given);
  }
  for (const Field& field : JobFields(v1::JOB_KIND_DEFLICKER)) {
    if (FindField(of_render, field.name) == nullptr) {
      AddField(command, field, given);
      command.get_option("--" + field.name)->group("Of deflicker jobs");
    }
  }
}

struct Commands {
  CLI::App* render;
  CLI::App* deflicker;
  CLI::App* plan;

  // Where none was given, the one that most people want.
  [[nodiscard]] const CLI::App& Chosen() const {
    if (deflicker->parsed()) {
      return *deflicker;
    }
    return plan->parsed() ? *plan : *render;
  }

  [[nodiscard]] std::vector<std::string> Names() const {
    return {render->get_name(), deflicker->get_name(), plan->get_name()};
  }
};

Commands AddCommands(CLI::App& app, Given& given) {
  const Commands commands{
      AddCommand(app,
                 {"render", "Render a clip on this machine; goes on where it was stopped",
                  "a clip, or a job file (.yaml, .yml)", Footer(kRenderExamples)},
                 given),
      AddCommand(app,
                 {"deflicker",
                  "Steady a video that another tool has stylized; goes on where it was stopped",
                  "the stylized clip, or a job file (.yaml, .yml)",
                  kDeflickerNotes + Footer(kDeflickerExamples)},
                 given),
      AddCommand(app,
                 {"plan", "Show chunks, rounds, tasks, bytes and time; makes nothing",
                  "a clip, or a job file (.yaml, .yml)", Footer(kPlanExamples)},
                 given)};
  AddFields(*commands.render, v1::JOB_KIND_RENDER, given);
  AddFields(*commands.deflicker, v1::JOB_KIND_DEFLICKER, given);
  AddFieldsOfAllKinds(*commands.plan, given);
  return commands;
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

Status SetFlags(const Given& given, const std::string& folder, JobOptions& options) {
  for (const Field& field : JobFields(options.kind)) {
    const auto value = given.values.find(field.name);
    if (value == given.values.end() || field.name == kKind) {
      continue;
    }
    if (field.clear) {
      field.clear(options);
    }
    for (const std::string& text : value->second) {
      WEFT_RETURN_IF_ERROR(SetFlag(field, text, folder, options));
    }
  }
  return {};
}

// Only a plan takes the flags of every kind.
Status CheckFlagsAreOfKind(const Given& given, v1::JobKind kind) {
  const std::vector<Field> fields = JobFields(kind);
  for (const auto& [name, texts] : given.values) {
    if (FindField(fields, name) == nullptr) {
      return Failure(ErrorCode::kInvalidArgument,
                     "--" + name + ": a " + JobKindName(kind) +
                         " job has none; --kind says what is planned, render or deflicker");
    }
  }
  return {};
}

// What --kind says, or else the command itself.
Result<std::optional<v1::JobKind>> WantedKind(const Given& given,
                                              const std::string& folder,
                                              std::optional<v1::JobKind> of_command) {
  const auto flag = given.values.find(kKind);
  if (flag == given.values.end()) {
    return of_command;
  }
  JobOptions options;
  const Field field = JobFields(options.kind).front();
  WEFT_RETURN_IF_ERROR(SetFlag(field, flag->second.front(), folder, options));
  return options.kind;
}

// The field that INPUT stands for where it is a clip.
std::string ClipField(v1::JobKind kind) {
  return kind == v1::JOB_KIND_DEFLICKER ? "style" : "input";
}

// As weft submit has it, for a file of one job.
Status FillOutput(const Given& given, JobOptions& options) {
  const auto flag = given.values.find("output");
  const Status known =
      flag == given.values.end() ? Status() : CheckOutputWords(flag->second.front());
  if (!known) {
    return Failure(ErrorCode::kInvalidArgument, "--output: " + known.error().message());
  }
  namespace fs = std::filesystem;
  const std::string name = fs::path(options.input).stem().string();
  const fs::path output = options.output;
  std::error_code failure;
  // A folder that is there is meant, whatever it is called.
  const fs::path folder = fs::is_directory(output.parent_path(), failure)
                              ? output.parent_path()
                              : fs::path(FilledOutput(output.parent_path().string(), {name}));
  options.output = (folder / FilledOutput(output.filename().string(), {name})).string();
  return {};
}

// of_command: what kind of jobs the command does; nothing for one that takes any.
Result<JobOptions> Options(const Given& given,
                           const std::string& folder,
                           std::optional<v1::JobKind> of_command) {
  WEFT_ASSIGN_OR_RETURN(const std::optional<v1::JobKind> wanted,
                        WantedKind(given, folder, of_command));
  JobOptions options;
  options.kind = wanted.value_or(options.kind);
  if (!given.source.empty()) {
    options.input = AbsolutePath(given.source, folder);
  }
  if (IsJobFile(options.input)) {
    const std::string file = std::exchange(options.input, "");
    WEFT_RETURN_IF_ERROR(ReadJobFile(file, options));
    if (wanted && options.kind != *wanted) {
      return Failure(ErrorCode::kInvalidArgument, file + " is a " + JobKindName(options.kind) +
                                                      " job: run it with weft " +
                                                      JobKindName(options.kind));
    }
  }
  WEFT_RETURN_IF_ERROR(CheckFlagsAreOfKind(given, options.kind));
  const auto clip = given.values.find(ClipField(options.kind));
  if (!given.source.empty() && clip != given.values.end() &&
      !IsJobFile(AbsolutePath(given.source, folder))) {
    return Failure(ErrorCode::kInvalidArgument, given.source + " and --" + clip->first + " " +
                                                    clip->second.front() +
                                                    ": name one clip, in one of the two ways");
  }
  WEFT_RETURN_IF_ERROR(SetFlags(given, folder, options));
  WEFT_RETURN_IF_ERROR(FillOutput(given, options));
  return options;
}

// What is wrong with arguments that make no sense.
std::string Complaint(const CLI::ParseError& error,
                      const Commands& commands,
                      const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    return "name a command, such as weft render (weft --help lists commands)";
  }
  const CLI::App& chosen = commands.Chosen();
  if (!chosen.parsed()) {
    return NoSuchCommand(arguments.front(), commands.Names());
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    return NoSuchArgument(chosen);
  }
  return std::string(error.what()) + " (weft " + chosen.get_name() + " --help lists what there is)";
}

}  // namespace

std::vector<CommandShape> JobCommandShapes() {
  CLI::App app("", "weft");
  Given given;
  AddCommands(app, given);
  return ShapesOf(app);
}

Result<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments,
                                    const std::string& folder) {
  CLI::App app("Weft renders video with diffusion models, and steadies video.", "weft");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer(Footer(std::string(kRenderExamples) + kDeflickerExamples + kPlanExamples) +
             "\n\nweft COMMAND --help lists every option.");
  Given given;
  const Commands commands = AddCommands(app, given);

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // As CLI11 wants it.
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return CommandLine{.command = Command::kShow, .text = app.help(), .options = {}};
  } catch (const CLI::CallForVersion&) {
    return CommandLine{
        .command = Command::kShow, .text = std::string(kVersion) + "\n", .options = {}};
  } catch (const CLI::ParseError& error) {
    return Failure(ErrorCode::kInvalidArgument, Complaint(error, commands, arguments));
  }
  std::optional<v1::JobKind> kind;
  if (!commands.plan->parsed()) {
    kind = commands.deflicker->parsed() ? v1::JOB_KIND_DEFLICKER : v1::JOB_KIND_RENDER;
  }
  WEFT_ASSIGN_OR_RETURN(JobOptions options, Options(given, folder, kind));
  return CommandLine{.command = commands.plan->parsed() ? Command::kPlan : Command::kRun,
                     .text = "",
                     .options = std::move(options)};
}

}  // namespace weft::cli
