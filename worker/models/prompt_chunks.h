// A prompt of any length as chunks that CLIP's text encoder can take.
//
// A chunk is a start token, 75 tokens, an end token. Tokens fill chunks in order: one is cut after
// its 75th token wherever that is (no comma is looked for), before a textual inversion that would
// not fit as a whole, and at a BREAK of the prompt. The last one, and one cut early, is filled up
// as a short prompt is: an end token, then padding tokens.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/tokenizer.h"

namespace weft::models {

constexpr std::size_t kChunkTokens = kContextTokens - 2;

// A textual inversion: the word that stands for some vectors.
struct EmbeddingName {
  std::string name;  // Not empty.
  int vectors = 1;   // 1 .. kChunkTokens
};

struct PromptChunk {
  // Where vectors take the place of tokens' own.
  struct Insertion {
    std::size_t place = 0;      // The first of its vectors' places.
    std::size_t embedding = 0;  // Of the list of names.
  };

  std::vector<std::int64_t> ids;  // kContextTokens; 0 where vectors are inserted.
  std::vector<float> weights;     // Equally many; 1 for start, end and padding.
  std::vector<Insertion> insertions;

  // True if no word has a weight other than 1.
  [[nodiscard]] bool IsPlain() const;
};

// What an empty prompt gives.
PromptChunk EmptyChunk(const Tokenizer& tokenizer);

// At least one chunk. Each piece of one weight is tokenized by itself.
// A name counts where the prompt has it as a whole word, in capitals (of ASCII) or not; of names
// that begin at one place, the longest.
// kInvalidArgument: as ParsePrompt().
Result<std::vector<PromptChunk>> ChunkPrompt(const Tokenizer& tokenizer,
                                             const std::vector<EmbeddingName>& names,
                                             const std::string& prompt);

}  // namespace weft::models
