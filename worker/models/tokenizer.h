// CLIP's byte-pair tokenizer.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"

namespace weft::models {

// Immutable; any thread.
class Tokenizer {
 public:
  // folder: holds vocab.json and merges.txt (and, where present, tokenizer_config.json,
  // special_tokens_map.json).
  // kNotFound: a file is missing.  kInvalidArgument: a file does not make sense; both name it.
  static Result<std::unique_ptr<Tokenizer>> Open(const std::string& folder);

  virtual ~Tokenizer() = default;

  // The ids of `text` (UTF-8) between the start and end tokens, of any length.
  // Same as transformers' slow CLIPTokenizer without ftfy: NFC, lower case, whitespace clean-up.
  [[nodiscard]] virtual std::vector<std::int64_t> Encode(const std::string& text) const = 0;

  // Exactly 77 ids: Encode() cut off so that the end token stays last, or filled with the pad
  // token.
  [[nodiscard]] virtual std::vector<std::int64_t> EncodePadded(const std::string& text) const = 0;
};

}  // namespace weft::models
