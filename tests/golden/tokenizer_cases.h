// Runs the cases of a tokenizer_*.json.

#pragma once

#include <string>

#include "tests/golden/report.h"

namespace weft::golden {

// Cases with "agree": true must match exactly; where the two reference tokenizers differ, either
// list will do.
// root: the folder that the file's "tokenizer" field starts from.
void RunTokenizerCases(const std::string& file, const std::string& root, Report& report);

}  // namespace weft::golden
