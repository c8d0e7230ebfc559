#include "coordinator/cli/completion_command.h"

#include <iostream>

#include "coordinator/cli/completion.h"

namespace weft::cli {

std::optional<ExitCode> TellCompletion(const std::vector<std::string>& arguments,
                                       const std::function<std::vector<CommandShape>()>& others) {
  CLI::App app("", "weft");
  CLI::App* const command =
      app.add_subcommand("completion", "Print what lets a shell complete weft's commands");
  std::string shell;
  command->add_option("SHELL", shell, "bash or zsh")
      ->type_name("")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->footer(
      "Example:\n"
      "  source <(weft completion bash)     # or a line of ~/.bashrc\n"
      "  weft completion zsh > /usr/local/share/zsh/site-functions/_weft\n");
  if (arguments.empty() || arguments.front() != command->get_name()) {
    return std::nullopt;
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // As CLI11 wants.
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kDone : ExitCode::kUsage;
  }
  std::vector<CommandShape> commands = others();
  for (CommandShape& own : ShapesOf(app)) {
    commands.push_back(std::move(own));
  }
  std::cout << (shell == "bash" ? BashCompletion(commands) : ZshCompletion(commands)) << std::flush;
  return ExitCode::kDone;
}

}  // namespace weft::cli
