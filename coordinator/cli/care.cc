#include "coordinator/cli/care.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "common/result.h"
#include "common/transport/curve_keys.h"

namespace weft::cli {
namespace {

struct Wanted {
  std::string key_file;
};

void AddKeys(CLI::App& app, Wanted& wanted) {
  CLI::App* const keys = app.add_subcommand(
      "keys", "Make keys for a coordinator, a worker or a user on another machine");
  keys->add_option("FILE", wanted.key_file, "for both halves; the public one also in FILE.pub")
      ->type_name("")
      ->required();
  keys->footer(
      "Example:\n  weft keys farm.key\n\n"
      "FILE stays on its machine, readable by its owner alone. The coordinator is started with\n"
      "--keys FILE and --guests LIST, which has a line \"ROLE NAME KEY\" for each who may "
      "connect:\n"
      "worker, submit or operate, a name, and the letters in FILE.pub; they with --keys FILE and\n"
      "--server-key, the coordinator's .pub file.\n");
}

Result<ExitCode> MakeKeys(const std::string& file) {
  WEFT_ASSIGN_OR_RETURN(const CurveKeys keys, MakeCurveKeys());
  WEFT_RETURN_IF_ERROR(WriteCurveKeys(file, keys));
  std::cout << "wrote " << file << " and " << file << ".pub; the public key is\n"
            << keys.public_half << "\n"
            << std::flush;
  return ExitCode::kDone;
}

ExitCode Report(const Result<ExitCode>& code) {
  if (code) {
    return *code;
  }
  std::cerr << "weft: " << code.error().message() << std::endl;
  return ExitCodeFor(code.error().code());
}

}  // namespace

std::optional<ExitCode> Care(const std::vector<std::string>& arguments) {
  CLI::App app("", "weft");
  Wanted wanted;
  AddKeys(app, wanted);
  const auto is_asked_for = [&](const CLI::App* command) {
    return !arguments.empty() && command->get_name() == arguments.front();
  };
  if (app.get_subcommands(is_asked_for).empty()) {
    return std::nullopt;
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // As CLI11 wants.
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kDone : ExitCode::kUsage;
  }
  return Report(MakeKeys(wanted.key_file));
}

std::vector<CommandShape> CareShapes() {
  CLI::App app("", "weft");
  Wanted wanted;
  AddKeys(app, wanted);
  return ShapesOf(app);
}

std::string CareHelp() {
  return "  weft keys FILE             # makes keys for another machine\n"
         "  weft completion SHELL      # what bash or zsh reads to complete all of this";
}

}  // namespace weft::cli
