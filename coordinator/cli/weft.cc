// The program `weft`: reads what it was asked for, and does it; jobs on this machine are done by
// weft-alone.

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "coordinator/cli/care.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/completion_command.h"
#include "coordinator/cli/exit_codes.h"
#include "coordinator/cli/fleet_commands.h"
#include "coordinator/cli/mistyped.h"
#include "coordinator/cli/reporter.h"
#include "coordinator/cli/terminal.h"

namespace weft::cli {
namespace {

std::vector<CommandShape> AllShapes() {
  std::vector<CommandShape> all = JobCommandShapes();
  for (const std::vector<CommandShape>& some : {FleetShapes(), CareShapes()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

// What is wrong with the arguments; `error` is what is wrong with those of a job on this machine.
Error WrongUsage(const std::vector<std::string>& arguments, const Error& error) {
  if (arguments.empty()) {
    return error;
  }
  const std::string& first = arguments.front();
  if (first.rfind('-', 0) == 0) {
    return {ErrorCode::kInvalidArgument, "the command comes before its options, " + first +
                                             " among them (weft --help lists commands)"};
  }
  std::vector<std::string> names = {"completion"};
  for (const CommandShape& shape : AllShapes()) {
    names.push_back(shape.name);
  }
  const bool is_known = std::find(names.begin(), names.end(), first) != names.end();
  return is_known ? error : Error(ErrorCode::kInvalidArgument, NoSuchCommand(first, names));
}

// This process becomes the program beside it. Comes back only where it cannot.
Error BecomeAlone(char** argv) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return {ErrorCode::kInternal, "cannot find this program: " + error.message()};
  }
  const std::string program = (self.parent_path() / "weft-alone").string();
  ::execv(program.c_str(), argv);
  return {ErrorCode::kInternal, program + ": " + std::generic_category().message(errno) +
                                    "; it works on this machine alone, and belongs beside weft"};
}

ExitCode Main(const std::vector<std::string>& arguments, char** argv) {
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
    MakePlainReporter(std::cerr)->Failed(WrongUsage(arguments, line.error()), ExitCode::kUsage);
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
  MakeReporter(line->options.json)->Failed(BecomeAlone(argv), ExitCode::kFailed);
  return ExitCode::kFailed;
}

}  // namespace
}  // namespace weft::cli

int main(int argc, char** argv) {
  return static_cast<int>(weft::cli::Main({argv + std::min(argc, 1), argv + argc}, argv));
}
