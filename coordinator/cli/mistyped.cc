#include "coordinator/cli/mistyped.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace weft::cli {
namespace {

constexpr std::size_t kChangesMax = 2;

// How many letters to put in, take out or replace: V. I. Levenshtein, Soviet Physics Doklady 10
// (1966). One row of the table at a time.
std::size_t Changes(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[to.size()];
}

std::vector<std::string> LongNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : command.get_options()) {
    const std::vector<std::string>& own = option->get_lnames();
    names.insert(names.end(), own.begin(), own.end());
  }
  return names;
}

bool IsOption(const std::string& argument) {
  return argument.size() > 1 && argument.front() == '-';
}

}  // namespace

std::string NearWord(const std::string& word, const std::vector<std::string>& words) {
  std::string nearest;
  // A word that is all changes is near to nothing.
  std::size_t least = std::min(kChangesMax + 1, word.size());
  for (const std::string& known : words) {
    const std::size_t changes = Changes(word, known);
    if (changes < least) {
      least = changes;
      nearest = known;
    }
  }
  return nearest;
}

std::string NoSuchCommand(const std::string& word, const std::vector<std::string>& commands) {
  const std::string near = NearWord(word, commands);
  return "there is no command \"" + word + "\"" +
         (near.empty() ? "" : "; do you mean weft " + near + "?") + " (weft --help lists commands)";
}

std::string NoSuchArgument(const CLI::App& command) {
  const std::string name = "weft " + command.get_name();
  const std::string help = " (" + name + " --help lists what there is)";
  const std::vector<std::string> left = command.remaining();
  const auto option = std::find_if(left.begin(), left.end(), IsOption);
  if (option == left.end()) {
    return name + " does not take \"" + (left.empty() ? "" : left.front()) + "\"" + help;
  }
  const std::string written = option->substr(0, option->find('='));
  const std::size_t dashes = std::min(written.find_first_not_of('-'), written.size());
  const std::string near = NearWord(written.substr(dashes), LongNames(command));
  return written + " is no option of " + name +
         (near.empty() ? "" : "; do you mean --" + near + "?") + help;
}

}  // namespace weft::cli
