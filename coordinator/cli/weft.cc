// The program `weft`: reads what it was asked for, and does it.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "coordinator/cli/care.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/completion_command.h"
#include "coordinator/cli/exit_codes.h"
#include "coordinator/cli/fleet_commands.h"
#include "coordinator/cli/plan.h"
#include "coordinator/cli/render.h"
#include "coordinator/cli/reporter.h"
#include "coordinator/cli/stop_signals.h"
#include "coordinator/cli/terminal.h"

namespace weft::cli {
namespace {

std::uint32_t CoreCount() {
  return std::max(1U, std::thread::hardware_concurrency());
}

// Workers are the program beside this one.
Result<std::string> WorkerProgram() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return Failure(ErrorCode::kInternal, "cannot find this program: " + error.message());
  }
  return (self.parent_path() / "weft-worker").string();
}

Result<ExitCode> RunPlan(const JobOptions& options, const v1::JobSpec& spec) {
  WEFT_ASSIGN_OR_RETURN(const std::string text, Plan(options, spec, CoreCount()));
  std::cout << text << std::flush;
  return ExitCode::kDone;
}

Result<ExitCode> RunJob(const JobOptions& options, const v1::JobSpec& spec, Reporter& reporter) {
  WEFT_ASSIGN_OR_RETURN(const std::string worker_program, WorkerProgram());
  WEFT_ASSIGN_OR_RETURN(StopSignals signals, StopSignals::Catch());
  const RenderRequest request{options, spec, worker_program, CoreCount()};
  return Render(request, signals, reporter);
}

ExitCode Obey(const CommandLine& line) {
  const std::unique_ptr<Reporter> reporter = MakeReporter(line.options.json);
  const bool runs = line.command == Command::kRun;
  const Result<v1::JobSpec> spec = runs ? ResolveSpec(line.options) : ResolvePlanSpec(line.options);
  if (!spec) {
    reporter->Failed(spec.error(), ExitCode::kUsage);
    return ExitCode::kUsage;
  }
  const Result<ExitCode> code =
      runs ? RunJob(line.options, *spec, *reporter) : RunPlan(line.options, *spec);
  if (!code) {
    const ExitCode failed = ExitCodeFor(code.error().code());
    reporter->Failed(code.error(), failed);
    return failed;
  }
  return *code;
}

std::vector<CommandShape> AllShapes() {
  std::vector<CommandShape> all = JobCommandShapes();
  for (const std::vector<CommandShape>& some : {FleetShapes(), CareShapes()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

ExitCode Main(const std::vector<std::string>& arguments) {
  if (const auto cared = Care(arguments); cared.has_value()) {
    return *cared;
  }
  if (const auto told = TellCompletion(arguments, AllShapes); told.has_value()) {
    return *told;
  }
  std::error_code error;
  const std::string folder = std::filesystem::current_path(error).string();
  if (const auto commanded = CommandFleet(arguments, folder); commanded.has_value()) {
    return *commanded;
  }
  const Result<CommandLine> line = ReadCommandLine(arguments, folder);
  if (!line) {
    MakePlainReporter(std::cerr)->Failed(line.error(), ExitCode::kUsage);
    return ExitCode::kUsage;
  }
  if (line->command == Command::kShow) {
    const bool whole = arguments.front() == "--help" || arguments.front() == "-h";
    std::cout << line->text
              << (whole ? "\nOf a fleet:\n" + FleetHelp() + "\nTo look after one:\n" + CareHelp() +
                              "\n"
                        : "")
              << std::flush;
    return ExitCode::kDone;
  }
  return Obey(*line);
}

}  // namespace
}  // namespace weft::cli

int main(int argc, char** argv) {
  return static_cast<int>(weft::cli::Main({argv + std::min(argc, 1), argv + argc}));
}
