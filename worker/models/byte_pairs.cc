#include "worker/models/byte_pairs.h"

#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

namespace weft::models {
namespace {

constexpr std::string_view kWordEnd = "</w>";

// UTF-8 of a code point below 0x800.
std::string Utf8(unsigned code_point) {
  if (code_point < 0x80U) {
    return {static_cast<char>(code_point)};
  }
  return {static_cast<char>(0xC0U | (code_point >> 6U)),
          static_cast<char>(0x80U | (code_point & 0x3FU))};
}

// GPT-2's bytes_to_unicode: printable Latin-1 stands for itself, the rest follows from U+0100 on.
std::vector<std::string> ByteLetters() {
  std::vector<std::string> letters;
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
                           (byte >= 0xAE && byte <= 0xFF);
    letters.push_back(Utf8(printable ? byte : next++));
  }
  return letters;
}

}  // namespace

BytePairs::BytePairs() : byte_letters_(ByteLetters()) {}

Result<BytePairs> BytePairs::Open(const std::string& vocabulary, const std::string& merges) {
  BytePairs pairs;
  Status status = pairs.ReadVocabulary(vocabulary);
  if (!status) {
    return Failure(status.error().Within(vocabulary));
  }
  status = pairs.ReadMerges(merges);
  if (!status) {
    return Failure(status.error().Within(merges));
  }
  return pairs;
}

Status BytePairs::ReadVocabulary(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return Failure(ErrorCode::kNotFound, "no such file, or it may not be read");
  }
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "not a JSON object of tokens and ids");
  }
  for (const auto& [token, id] : json.items()) {
    if (!id.is_number_unsigned() || id > std::numeric_limits<std::int32_t>::max()) {
      return Failure(ErrorCode::kInvalidArgument, "token " + token + " has no proper id");
    }
    ids_.emplace(token, id.get<std::int64_t>());
  }
  return {};
}

Status BytePairs::ReadMerges(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return Failure(ErrorCode::kNotFound, "no such file, or it may not be read");
  }
  while (std::getline(file, line)) {
    if (!line.empty() && line.back() == '\r') {
      line.pop_back();
    }
    if (line.empty()) {
      continue;
    }
    const std::size_t space = line.find(' ');
    if (space == 0 || space == std::string::npos ||
        line.find(' ', space + 1) != std::string::npos) {
      return Failure(ErrorCode::kInvalidArgument, "\"" + line + "\" is not a pair");
    }
    ranks_.emplace(std::pair(line.substr(0, space), line.substr(space + 1)), ranks_.size());
  }
  return {};
}

std::int64_t BytePairs::Find(const std::string& token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

void BytePairs::Encode(std::string_view word,
                       std::int64_t unknown,
                       std::vector<std::int64_t>& ids) const {
  std::vector<std::string> parts;
  for (const char byte : word) {
    parts.push_back(byte_letters_[static_cast<unsigned char>(byte)]);
  }
  parts.back() += kWordEnd;
  while (parts.size() > 1) {
    auto best = ranks_.end();
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = ranks_.find({parts[i], parts[i + 1]});
      if (found != ranks_.end() && (best == ranks_.end() || found->second < best->second)) {
        best = found;
      }
    }
    if (best == ranks_.end()) {
      break;
    }
    std::vector<std::string> merged;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool pair = i + 1 < parts.size() && parts[i] == best->first.first &&
                        parts[i + 1] == best->first.second;
      merged.push_back(pair ? parts[i] + parts[i + 1] : parts[i]);
      i += pair ? 1 : 0;
    }
    parts = std::move(merged);
  }
  for (const std::string& part : parts) {
    const std::int64_t id = Find(part);
    ids.push_back(id < 0 ? unknown : id);
  }
}

}  // namespace weft::models
