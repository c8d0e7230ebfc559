// From the words of two prompts to what the UNet's cross-attention reads.
//
// A prompt is cut into chunks of 75 tokens (prompt_chunks.h); each is encoded by itself, and the
// results stand one behind the other. The shorter prompt is filled up with empty chunks.
//
// Weights (prompt.h) multiply a token's encoding, after the final layer norm. Where a chunk has a
// weight other than 1 all of it is then multiplied so that its mean is as before: AUTOMATIC1111's
// "original" emphasis. A chunk whose mean becomes zero is left without that.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/embedding_file.h"
#include "worker/models/prompt_chunks.h"
#include "worker/models/text_encoder.h"
#include "worker/models/tokenizer.h"

namespace weft::models {

// Immutable; any thread. Throws what ATen throws.
class PromptEncoder {
 public:
  // Reads options.embeddings, and takes options.clip_skip.
  // kInvalidArgument: clip_skip is not below the number of layers; two embeddings of one name.
  // Else as ReadTextEmbedding().
  static Result<PromptEncoder> Create(std::unique_ptr<Tokenizer> tokenizer,
                                      TextEncoder text,
                                      const ModelOptions& options);

  // tokens: 77 for each chunk.
  // kInvalidArgument: as ChunkPrompt(); the tokenizer's vocabulary is larger than the encoder's.
  [[nodiscard]] Result<PromptEmbedding> Encode(const std::string& negative,
                                               const std::string& positive) const;

 private:
  PromptEncoder(std::unique_ptr<Tokenizer> tokenizer, TextEncoder text)
      : tokenizer_(std::move(tokenizer)), text_(std::move(text)) {}
  [[nodiscard]] Result<std::vector<PromptChunk>> Chunks(const std::string& prompt) const;
  [[nodiscard]] at::Tensor EncodeChunks(const std::vector<PromptChunk>& chunks) const;

  std::unique_ptr<Tokenizer> tokenizer_;
  TextEncoder text_;
  std::vector<EmbeddingName> names_;
  std::vector<at::Tensor> vectors_;  // Of each name; [count, width] beside the text encoder.
  int clip_skip_ = 0;
};

}  // namespace weft::models
