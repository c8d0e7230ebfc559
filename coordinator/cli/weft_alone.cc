// The program `weft-alone`: what `weft` does on this machine alone. It is another program because
// FFmpeg's hundred libraries take longer to load than a coordinator takes to answer.

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "coordinator/cli/command_line.h"
#include "coordinator/cli/exit_codes.h"
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

ExitCode Main(const std::vector<std::string>& arguments) {
  std::error_code error;
  const Result<CommandLine> line =
      ReadCommandLine(arguments, std::filesystem::current_path(error).string());
  if (!line) {
    MakePlainReporter(std::cerr)->Failed(line.error(), ExitCode::kUsage);
    return ExitCode::kUsage;
  }
  if (line->command == Command::kShow) {
    std::cout << line->text << std::flush;
    return ExitCode::kDone;
  }
  return Obey(*line);
}

}  // namespace
}  // namespace weft::cli

int main(int argc, char** argv) {
  return static_cast<int>(weft::cli::Main({argv + std::min(argc, 1), argv + argc}));
}
