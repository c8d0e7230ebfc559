#include "coordinator/cli/last_words.h"

#include <algorithm>
#include <deque>
#include <fstream>
#include <ios>

#include <nlohmann/json.hpp>

namespace weft::cli {
namespace {

constexpr std::size_t kPrintedLines = 5;
constexpr std::streamoff kPrintedBytes = 4096;
constexpr std::size_t kLoggedLines = 200;
constexpr std::streamoff kLoggedBytes = 65536;

struct Tail {
  std::streamoff bytes_max = 0;
  std::size_t lines_max = 0;
};

// The last lines that are not empty; none of a file that cannot be read.
std::deque<std::string> LastLines(const std::string& path, Tail tail) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : 0;
  file.seekg(std::max<std::streamoff>(0, size - tail.bytes_max));
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) {
      lines.push_back(line);
    }
    if (lines.size() > tail.lines_max) {
      lines.pop_front();
    }
  }
  return lines;
}

std::string LastPrinted(const std::string& path) {
  std::string words;
  for (const std::string& line : LastLines(path, {kPrintedBytes, kPrintedLines})) {
    words += (words.empty() ? "" : " | ") + line;
  }
  return words;
}

// "" where the field is no text or not there.
std::string TextOf(const nlohmann::json& record, const char* field) {
  const auto value = record.find(field);
  return value != record.end() && value->is_string() ? value->get<std::string>() : "";
}

// The last warning or error of the process that wrote last: an earlier one ended of something else.
std::string LastComplaint(const std::string& path) {
  const std::deque<std::string> lines = LastLines(path, {kLoggedBytes, kLoggedLines});
  nlohmann::json process;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const auto record = nlohmann::json::parse(*line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object()) {
      continue;  // Half a line, of a worker that was killed.
    }
    const nlohmann::json its = record.value("process", nlohmann::json());
    if (!process.is_null() && its != process) {
      break;
    }
    process = its;
    const std::string level = TextOf(record, "level");
    if (level == "warning" || level == "error") {
      return TextOf(record, "message");
    }
  }
  return "";
}

}  // namespace

std::string LastWords(const std::string& print_path, const std::string& log_path) {
  if (const std::string printed = LastPrinted(print_path); !printed.empty()) {
    return "its last words: " + printed;
  }
  const std::string complaint = log_path.empty() ? "" : LastComplaint(log_path);
  return complaint.empty() ? "it printed nothing" : "its log says: " + complaint;
}

}  // namespace weft::cli
