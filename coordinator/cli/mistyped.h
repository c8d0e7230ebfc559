// What was typed and means nothing, and what was probably meant.

#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace weft::cli {

// The nearest of `words` that at most two changes of a letter make of `word`, the first of several;
// empty where there is none.
std::string NearWord(const std::string& word, const std::vector<std::string>& words);

// "there is no command \"rendr\"; do you mean weft render? (weft --help lists commands)".
std::string NoSuchCommand(const std::string& word, const std::vector<std::string>& commands);

// The same of what a command did not take: "--stregnth is no option of weft render; do you mean
// --strength? (weft render --help lists what there is)".
// REQUIRES: parsing has thrown CLI::ExtrasError for arguments of `command`.
std::string NoSuchArgument(const CLI::App& command);

}  // namespace weft::cli
