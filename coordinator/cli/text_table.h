// Rows of words in aligned columns.

#pragma once

#include <string>
#include <vector>

namespace weft::cli {

// Columns are as wide as their widest word and two spaces apart; numbers stand to the right, other
// words to the left. Every line begins with `indent` spaces. The first row is the header.
// REQUIRES: rows of equal length.
std::string TextTable(const std::vector<std::vector<std::string>>& rows, std::size_t indent);

}  // namespace weft::cli
