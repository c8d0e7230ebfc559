// CLIP's byte-pair tokenizer.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/byte_pairs.h"

namespace weft::models {

constexpr std::size_t kContextTokens = 77;  // What CLIP was trained with: 75, a start and an end.

// The contents of a tokenizer's files; an empty text is a file that is not there.
struct TokenizerTexts {
  std::string vocabulary;      // vocab.json
  std::string merges;          // merges.txt
  std::string fast;            // tokenizer.json: in place of the two.
  std::string config;          // tokenizer_config.json
  std::string special_tokens;  // special_tokens_map.json; goes before the config.
};

// Immutable; any thread.
class Tokenizer {
 public:
  // folder: holds vocab.json and merges.txt, or else tokenizer.json (and, where present,
  // tokenizer_config.json and special_tokens_map.json).
  // kNotFound: a file is missing.  kInvalidArgument: a file does not make sense; both name it.
  static Result<std::unique_ptr<Tokenizer>> Open(const std::string& folder);

  // Same, from memory; messages name the files without a folder.
  static Result<std::unique_ptr<Tokenizer>> FromTexts(const TokenizerTexts& texts);

  // The ids of `text` (UTF-8), of any length, without start and end.
  //
  // Same as transformers' slow CLIPTokenizer without ftfy: the special tokens, the padding token
  // among them, count wherever they are written; the rest is cut up by ClipWords().
  [[nodiscard]] std::vector<std::int64_t> Tokens(const std::string& text) const;

  // Tokens() between the start and end tokens.
  [[nodiscard]] std::vector<std::int64_t> Encode(const std::string& text) const;

  // Exactly kContextTokens ids: Encode() cut off so that the end token stays last, or filled with
  // the pad token.
  [[nodiscard]] std::vector<std::int64_t> EncodePadded(const std::string& text) const;

  [[nodiscard]] std::int64_t start() const { return start_; }
  [[nodiscard]] std::int64_t end() const { return end_; }
  [[nodiscard]] std::int64_t pad() const { return pad_; }

 private:
  struct SpecialToken {
    std::string text;
    std::int64_t id = 0;
  };

  explicit Tokenizer(BytePairs pairs) : pairs_(std::move(pairs)) {}
  void AppendWords(std::string_view text, std::vector<std::int64_t>& ids) const;

  BytePairs pairs_;
  std::vector<SpecialToken> special_;  // Longest first.
  std::int64_t start_ = 0;
  std::int64_t end_ = 0;
  std::int64_t pad_ = 0;
  std::int64_t unknown_ = 0;
};

}  // namespace weft::models
