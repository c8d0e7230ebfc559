#include "worker/models/byte_pairs.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

#include "worker/models/json_text.h"

namespace weft::models {
namespace {

using nlohmann::json;

constexpr std::string_view kWordEnd = "</w>";
constexpr std::uint32_t kGone = std::numeric_limits<std::uint32_t>::max();

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

Error NoPair(std::string_view line) {
  constexpr std::size_t kShown = 80;
  return {ErrorCode::kInvalidArgument,
          "\"" + std::string(line.substr(0, kShown)) + "\" is not a pair"};
}

// The two halves of "left right"; nothing where `line` is none.
std::pair<std::string, std::string> Halves(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
    return {};
  }
  return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

std::uint64_t KeyOf(std::uint32_t left, std::uint32_t right) {
  return (std::uint64_t{left} << 32U) | right;
}

}  // namespace

// A word on its way: a list of parts, and the pairs that may merge.
class BytePairs::Merging {
 public:
  Merging(const BytePairs& pairs, const std::vector<Symbol>& symbols) : pairs_(pairs) {
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      parts_.push_back({symbols[i], i - 1, i + 1});
    }
  }

  std::vector<Symbol> Run();

 private:
  // Places beyond the list are its ends.
  struct Part {
    Symbol symbol = 0;
    std::size_t before = 0;
    std::size_t after = 0;
  };
  // `left` is the place of the pair's first half; its symbols tell whether it is still there.
  struct Candidate {
    std::size_t rank = 0;
    std::size_t left = 0;
    std::uint64_t symbols = 0;

    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };

  void Consider(std::size_t left);
  void MergeLowestRank();

  const BytePairs& pairs_;
  std::vector<Part> parts_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
};

Result<BytePairs> BytePairs::FromTexts(std::string_view vocabulary, std::string_view merges) {
  BytePairs pairs;
  WEFT_ASSIGN_OR_RETURN(const json ids, ParseJsonObject(vocabulary, "vocab.json"));
  Status status = pairs.ReadVocabulary(ids);
  if (!status) {
    return Failure(status.error().Within("vocab.json"));
  }
  status = pairs.ReadMergeLines(merges);
  if (!status) {
    return Failure(status.error().Within("merges.txt"));
  }
  return pairs;
}

Result<BytePairs> BytePairs::FromModel(const json& model) {
  const auto vocabulary = model.find("vocab");
  const auto merges = model.find("merges");
  if (model.value("type", json("BPE")) != "BPE" || vocabulary == model.end() ||
      merges == model.end()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "tokenizer.json: model: not byte-pair encoding with vocab and merges");
  }
  BytePairs pairs;
  Status status = pairs.ReadVocabulary(*vocabulary);
  if (!status) {
    return Failure(status.error().Within("tokenizer.json: vocab"));
  }
  status = pairs.ReadMergeList(*merges);
  if (!status) {
    return Failure(status.error().Within("tokenizer.json: merges"));
  }
  return pairs;
}

Status BytePairs::ReadVocabulary(const json& vocabulary) {
  if (!vocabulary.is_object() || vocabulary.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "not a JSON object of tokens and ids");
  }
  for (const auto& [token, id] : vocabulary.items()) {
    if (!id.is_number_unsigned() || id > std::numeric_limits<std::int32_t>::max()) {
      return Failure(ErrorCode::kInvalidArgument, "token " + token + " has no proper id");
    }
    ids_.emplace(token, id.get<std::int64_t>());
  }
  AddBytes();
  return {};
}

void BytePairs::AddBytes() {
  for (const std::string& letter : ByteLetters()) {
    bytes_.push_back(SymbolOf(letter));
    last_bytes_.push_back(SymbolOf(letter + std::string(kWordEnd)));
  }
}

Status BytePairs::ReadMergeLines(std::string_view merges) {
  const std::size_t header = merges.find('\n');
  merges.remove_prefix(header == std::string_view::npos ? merges.size() : header + 1);
  for (std::size_t rank = 0; !merges.empty(); ++rank) {
    const std::size_t end = std::min(merges.find('\n'), merges.size());
    std::string_view line = merges.substr(0, end);
    merges.remove_prefix(std::min(end + 1, merges.size()));
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    if (line.empty()) {
      continue;
    }
    const auto [left, right] = Halves(line);
    if (left.empty() || right.empty()) {
      return Failure(NoPair(line));
    }
    AddMerge(left, right, rank);
  }
  return {};
}

Status BytePairs::ReadMergeList(const json& merges) {
  if (!merges.is_array()) {
    return Failure(ErrorCode::kInvalidArgument, "not a list");
  }
  std::size_t rank = 0;
  for (const json& merge : merges) {
    std::pair<std::string, std::string> halves;
    if (merge.is_string()) {
      halves = Halves(merge.get_ref<const std::string&>());
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      halves = {merge[0].get<std::string>(), merge[1].get<std::string>()};
    }
    if (halves.first.empty() || halves.second.empty()) {
      return Failure(ErrorCode::kInvalidArgument, "entry " + std::to_string(rank) + " is no pair");
    }
    AddMerge(halves.first, halves.second, rank++);
  }
  return {};
}

void BytePairs::AddMerge(const std::string& left, const std::string& right, std::size_t rank) {
  pairs_[KeyOf(SymbolOf(left), SymbolOf(right))] = {rank, SymbolOf(left + right)};
}

BytePairs::Symbol BytePairs::SymbolOf(const std::string& part) {
  const auto [found, is_new] = symbols_.emplace(part, static_cast<Symbol>(symbol_ids_.size()));
  if (is_new) {
    symbol_ids_.push_back(Find(part));
  }
  return found->second;
}

std::int64_t BytePairs::Find(const std::string& token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

const BytePairs::Merge* BytePairs::FindMerge(Symbol left, Symbol right) const {
  const auto found = pairs_.find(KeyOf(left, right));
  return found == pairs_.end() ? nullptr : &found->second;
}

void BytePairs::Encode(std::string_view word,
                       std::int64_t unknown,
                       std::vector<std::int64_t>& ids) const {
  std::vector<Symbol> parts;
  for (const char byte : word) {
    parts.push_back(bytes_[static_cast<unsigned char>(byte)]);
  }
  parts.back() = last_bytes_[static_cast<unsigned char>(word.back())];
  for (const Symbol part : Merging(*this, parts).Run()) {
    const std::int64_t id = symbol_ids_[part];
    ids.push_back(id < 0 ? unknown : id);
  }
}

void BytePairs::Merging::Consider(std::size_t left) {
  if (left >= parts_.size() || parts_[left].after >= parts_.size()) {
    return;
  }
  const Symbol right = parts_[parts_[left].after].symbol;
  if (const Merge* merge = pairs_.FindMerge(parts_[left].symbol, right); merge != nullptr) {
    candidates_.push({merge->rank, left, KeyOf(parts_[left].symbol, right)});
  }
}

// A pair merges wherever it is, from left to right, before what its merges bring about is looked
// at: that may have any rank.
void BytePairs::Merging::MergeLowestRank() {
  std::vector<std::size_t> merged;
  const std::size_t rank = candidates_.top().rank;
  for (; !candidates_.empty() && candidates_.top().rank == rank; candidates_.pop()) {
    const Candidate& next = candidates_.top();
    Part& left = parts_[next.left];
    if (left.symbol == kGone || left.after >= parts_.size() ||
        KeyOf(left.symbol, parts_[left.after].symbol) != next.symbols) {
      continue;
    }
    Part& right = parts_[left.after];
    left.symbol = pairs_.FindMerge(left.symbol, right.symbol)->merged;
    left.after = right.after;
    right.symbol = kGone;
    if (left.after < parts_.size()) {
      parts_[left.after].before = next.left;
    }
    merged.push_back(next.left);
  }
  for (const std::size_t place : merged) {
    Consider(parts_[place].before);
    Consider(place);
  }
}

std::vector<BytePairs::Symbol> BytePairs::Merging::Run() {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Consider(i);
  }
  while (!candidates_.empty()) {
    MergeLowestRank();
  }
  std::vector<Symbol> symbols;
  for (std::size_t i = 0; i < parts_.size(); i = parts_[i].after) {
    symbols.push_back(parts_[i].symbol);
  }
  return symbols;
}

}  // namespace weft::models
