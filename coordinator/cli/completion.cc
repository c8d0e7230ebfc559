#include "coordinator/cli/completion.h"

#include <algorithm>
#include <array>

namespace weft::cli {
namespace {

enum class Source { kNothing, kPaths, kJobs, kWorkers };

Source SourceOf(const std::string& value) {
  constexpr std::array<const char*, 7> kPaths = {"FILE", "DIR",  "INPUT", "STATE",
                                                 "COPY", "PATH", "FOLDER"};
  if (value == "JOB") {
    return Source::kJobs;
  }
  if (value == "WORKER") {
    return Source::kWorkers;
  }
  const bool is_path = std::find(kPaths.begin(), kPaths.end(), value) != kPaths.end();
  return is_path ? Source::kPaths : Source::kNothing;
}

std::string Joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : between) + word;
  }
  return text;
}

std::vector<std::string> NamesOf(const std::vector<CommandShape>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CommandShape& command : commands) {
    names.push_back(command.name);
  }
  return names;
}

// ---- bash

std::string BashWords(Source source) {
  switch (source) {
    case Source::kPaths:
      return "_weft_paths";
    case Source::kJobs:
      return "_weft_words \"$(_weft_named jobs job name)\"";
    case Source::kWorkers:
      return "_weft_words \"$(_weft_named workers worker)\"";
    case Source::kNothing:
      return ":";
  }
  return ":";
}

std::string BashArguments(const CommandShape& command) {
  return BashWords(command.arguments.empty() ? Source::kNothing
                                             : SourceOf(command.arguments.front()));
}

std::string BashOption(const OptionShape& option) {
  const std::string words = option.choices.empty()
                                ? BashWords(SourceOf(option.value))
                                : "_weft_words '" + Joined(option.choices, " ") + "'";
  return "        " + Joined(option.names, " | ") + ")\n          " + words +
         "\n          return\n          ;;\n";
}

std::string BashCommand(const CommandShape& command) {
  std::string text = "    " + command.name + ")\n      case $before in\n";
  std::vector<std::string> names;
  for (const OptionShape& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
    text += option.value.empty() ? "" : BashOption(option);
  }
  return text + "      esac\n      if [[ $word == -* ]]; then\n        _weft_words '" +
         Joined(names, " ") + "'\n      else\n        " + BashArguments(command) +
         "\n      fi\n      ;;\n";
}

constexpr const char* kBashBegin = R"sh(# The words of weft in bash: weft completion bash

_weft_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_weft_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

# Values of the fields $2 and on in what the command $1 lists.
_weft_named() {
  local command=$1 field
  shift
  local listed
  listed=$(timeout 2 weft "$command" --json 2>/dev/null) || return 0
  for field in "$@"; do
    sed -n 's/.*"'"$field"'":"\([^"]*\)".*/\1/p' <<<"$listed"
  done
}

_weft() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # bash takes --state=done for three words.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)sh";

// ---- zsh

std::string ZshAction(Source source) {
  switch (source) {
    case Source::kPaths:
      return "_files";
    case Source::kJobs:
      return "_weft_jobs";
    case Source::kWorkers:
      return "_weft_workers";
    case Source::kNothing:
      return " ";
  }
  return " ";
}

// Within single quotes, in a text whose special characters are `special`.
std::string ZshQuoted(const std::string& text, const std::string& special) {
  std::string quoted;
  for (const char character : text) {
    if (character == '\'') {
      quoted += "'\\''";
      continue;
    }
    if (character == '\\' || special.find(character) != std::string::npos) {
      quoted += '\\';
    }
    quoted += character;
  }
  return quoted;
}

std::string ZshOption(const OptionShape& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += " \\\n        '*" + name;
    text += !option.value.empty() && name.size() > 2 ? "=" : "";
    text += "[" + ZshQuoted(option.help, "[]:") + "]";
    if (!option.value.empty()) {
      text += ":" + option.value + ":" +
              (option.choices.empty() ? ZshAction(SourceOf(option.value))
                                      : "(" + Joined(option.choices, " ") + ")");
    }
    text += "'";
  }
  return text;
}

std::string ZshCommand(const CommandShape& command) {
  std::string text = "    " + command.name + ")\n      _arguments -s";
  for (const OptionShape& option : command.options) {
    text += ZshOption(option);
  }
  if (!command.arguments.empty()) {
    const std::string& argument = command.arguments.front();
    text += " \\\n        '*:" + argument + ":" + ZshAction(SourceOf(argument)) + "'";
  }
  return text + "\n      ;;\n";
}

constexpr const char* kZshBegin = R"sh(#compdef weft
# The words of weft in zsh: weft completion zsh

# Values of the fields $2 and on in what the command $1 lists.
_weft_named() {
  local command=$1 field listed
  local -a values
  shift
  listed=$(timeout 2 weft $command --json 2>/dev/null) || return 1
  for field in $@; do
    values+=(${(f)"$(sed -n 's/.*"'$field'":"\([^"]*\)".*/\1/p' <<<$listed)"})
  done
  compadd -a values
}

_weft_jobs() { _weft_named jobs job name }
_weft_workers() { _weft_named workers worker }

_weft() {
  local -a commands
  commands=(
)sh";

constexpr const char* kZshMiddle = R"sh(  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
)sh";

constexpr const char* kZshEnd = R"sh(  esac
}

# Read as a file of the completion system it is called; read by hand it is told to it.
if [[ $funcstack[1] == _weft ]]; then
  _weft "$@"
else
  compdef _weft weft
fi
)sh";

}  // namespace

std::string BashCompletion(const std::vector<CommandShape>& commands) {
  std::string text = kBashBegin +
                     std::string("  if [[ $COMP_CWORD == 1 ]]; then\n    _weft_words '") +
                     Joined(NamesOf(commands), " ") +
                     " --help --version'\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n";
  for (const CommandShape& command : commands) {
    text += BashCommand(command);
  }
  return text + "  esac\n}\n\ncomplete -F _weft weft\n";
}

std::string ZshCompletion(const std::vector<CommandShape>& commands) {
  std::string text = kZshBegin;
  for (const CommandShape& command : commands) {
    text += "    '" + command.name + ":" + ZshQuoted(command.help, ":") + "'\n";
  }
  text += kZshMiddle;
  for (const CommandShape& command : commands) {
    text += ZshCommand(command);
  }
  return text + kZshEnd;
}

}  // namespace weft::cli
