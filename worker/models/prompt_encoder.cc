#include "worker/models/prompt_encoder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "worker/models/model_configs.h"

namespace weft::models {
namespace {

// encoded: [tokens, width]. Weighted in place.
void Weigh(const PromptChunk& chunk, const at::Tensor& encoded) {
  if (chunk.IsPlain()) {
    return;
  }
  at::Tensor weights = at::empty({encoded.size(0), 1}, at::kFloat);
  std::copy(chunk.weights.begin(), chunk.weights.end(), weights.data_ptr<float>());
  const auto before = encoded.mean().item<double>();
  encoded.mul_(weights.to(encoded.device()));
  const double ratio = before / encoded.mean().item<double>();
  if (std::isfinite(ratio)) {
    encoded.mul_(ratio);
  }
}

}  // namespace

Result<PromptEncoder> PromptEncoder::Create(std::unique_ptr<Tokenizer> tokenizer,
                                            TextEncoder text,
                                            const ModelOptions& options) {
  PromptEncoder encoder(std::move(tokenizer), std::move(text));
  WEFT_RETURN_IF_ERROR(CheckClipSkip(options.clip_skip, encoder.text_.config));
  encoder.clip_skip_ = options.clip_skip;
  for (const std::string& path : options.embeddings) {
    WEFT_ASSIGN_OR_RETURN(TextEmbedding embedding,
                          ReadTextEmbedding(path, encoder.text_.config.width));
    const bool known = std::any_of(
        encoder.names_.begin(), encoder.names_.end(),
        [&embedding](const EmbeddingName& other) { return other.name == embedding.name; });
    if (known) {
      return Failure(ErrorCode::kInvalidArgument,
                     path + ": a second textual inversion of the name " + embedding.name);
    }
    encoder.names_.push_back(
        {std::move(embedding.name), static_cast<int>(embedding.vectors.size(0))});
    encoder.vectors_.push_back(embedding.vectors.to(encoder.text_.tokens.device()));
  }
  return encoder;
}

Result<std::vector<PromptChunk>> PromptEncoder::Chunks(const std::string& prompt) const {
  WEFT_ASSIGN_OR_RETURN(std::vector<PromptChunk> chunks, ChunkPrompt(*tokenizer_, names_, prompt));
  for (const PromptChunk& chunk : chunks) {
    if (*std::max_element(chunk.ids.begin(), chunk.ids.end()) >= text_.config.vocabulary) {
      return Failure(ErrorCode::kInvalidArgument,
                     "the tokenizer's vocabulary is larger than the text encoder's");
    }
  }
  return chunks;
}

Result<PromptEmbedding> PromptEncoder::Encode(const std::string& negative,
                                              const std::string& positive) const {
  WEFT_ASSIGN_OR_RETURN(std::vector<PromptChunk> without, Chunks(negative));
  WEFT_ASSIGN_OR_RETURN(std::vector<PromptChunk> with, Chunks(positive));
  const std::size_t count = std::max(without.size(), with.size());
  without.resize(count, EmptyChunk(*tokenizer_));
  with.resize(count, EmptyChunk(*tokenizer_));
  std::vector<at::Tensor> encoded;
  for (std::size_t i = 0; i < count; ++i) {
    // A pair at a time: a chunk's numbers then do not depend on how many there are.
    encoded.push_back(EncodeChunks({without[i], with[i]}));
  }
  const at::Tensor all = at::cat(encoded, 1).to(at::kCPU).contiguous();
  const auto* values = all.data_ptr<float>();
  return PromptEmbedding{
      static_cast<int>(all.size(1)), text_.config.width, {values, values + all.numel()}};
}

at::Tensor PromptEncoder::EncodeChunks(const std::vector<PromptChunk>& chunks) const {
  const auto rows = static_cast<std::int64_t>(chunks.size());
  at::Tensor ids = at::empty({rows, static_cast<std::int64_t>(kContextTokens)}, at::kLong);
  auto* next = ids.data_ptr<std::int64_t>();
  for (const PromptChunk& chunk : chunks) {
    next = std::copy(chunk.ids.begin(), chunk.ids.end(), next);
  }
  const at::Tensor embedded = text_.Embed(ids.to(text_.tokens.device()));
  for (std::int64_t row = 0; row < rows; ++row) {
    for (const PromptChunk::Insertion& insertion :
         chunks[static_cast<std::size_t>(row)].insertions) {
      const at::Tensor& vectors = vectors_[insertion.embedding];
      embedded.select(0, row)
          .narrow(0, static_cast<std::int64_t>(insertion.place), vectors.size(0))
          .copy_(vectors);
    }
  }
  const std::vector<at::Tensor> states = text_.RunLayers(embedded);
  at::Tensor encoded =
      text_.final_norm(states[states.size() - 1 - static_cast<std::size_t>(clip_skip_)]);
  for (std::int64_t row = 0; row < rows; ++row) {
    Weigh(chunks[static_cast<std::size_t>(row)], encoded.select(0, row));
  }
  return encoded;
}

}  // namespace weft::models
