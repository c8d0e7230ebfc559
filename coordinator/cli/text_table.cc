#include "coordinator/cli/text_table.h"

#include <algorithm>

namespace weft::cli {
namespace {

bool IsNumber(const std::string& word) {
  return !word.empty() && word.front() >= '0' && word.front() <= '9' &&
         word.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

std::string TextTable(const std::vector<std::vector<std::string>>& rows, std::size_t indent) {
  const std::size_t columns = rows.empty() ? 0 : rows.front().size();
  std::vector<std::size_t> widths(columns, 0);
  std::vector<bool> to_the_right(columns, rows.size() > 1);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      widths[c] = std::max(widths[c], rows[r][c].size());
      to_the_right[c] = to_the_right[c] && (r == 0 || IsNumber(rows[r][c]));
    }
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string padding(widths[c] - row[c].size(), ' ');
      line += to_the_right[c] ? padding + row[c] : row[c] + padding;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace weft::cli
