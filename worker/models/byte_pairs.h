// Byte-pair encoding of one word, as GPT-2 and CLIP do it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/result.h"

namespace weft::models {

// Immutable; any thread.
class BytePairs {
 public:
  // vocabulary: the text of vocab.json, an object of tokens and ids.
  // merges: the text of merges.txt, whose first line is a header; a pair that is there twice counts
  // where it comes last.
  // kInvalidArgument: begins with the name of the file that makes no sense.
  static Result<BytePairs> FromTexts(std::string_view vocabulary, std::string_view merges);

  // model: the "model" of a tokenizer.json, whose merges are texts "a b" or lists ["a", "b"].
  static Result<BytePairs> FromModel(const nlohmann::json& model);

  // The id of a whole token, -1 where there is none.
  [[nodiscard]] std::int64_t Find(const std::string& token) const;

  // Appends the ids of a word's parts; parts outside the vocabulary become `unknown`.
  // word: UTF-8, neither empty nor with white space. Takes n log n of its length.
  void Encode(std::string_view word, std::int64_t unknown, std::vector<std::int64_t>& ids) const;

 private:
  using Symbol = std::uint32_t;  // A part of a word, by its place in symbol_ids_.
  struct Merge {
    std::size_t rank = 0;  // Lower merges first.
    Symbol merged = 0;
  };
  class Merging;

  BytePairs() = default;
  Status ReadVocabulary(const nlohmann::json& vocabulary);
  Status ReadMergeLines(std::string_view merges);
  Status ReadMergeList(const nlohmann::json& merges);
  void AddMerge(const std::string& left, const std::string& right, std::size_t rank);
  void AddBytes();
  Symbol SymbolOf(const std::string& part);
  [[nodiscard]] const Merge* FindMerge(Symbol left, Symbol right) const;

  std::unordered_map<std::string, std::int64_t> ids_;
  std::unordered_map<std::string, Symbol> symbols_;
  std::vector<std::int64_t> symbol_ids_;            // -1: not in the vocabulary.
  std::vector<Symbol> bytes_;                       // The symbol of each byte,
  std::vector<Symbol> last_bytes_;                  // and of each byte at a word's end.
  std::unordered_map<std::uint64_t, Merge> pairs_;  // Of left << 32 | right.
};

}  // namespace weft::models
