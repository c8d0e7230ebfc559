// Any bytes as a prompt: weights are in range, and chunks have their form.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/require.h"
#include "worker/models/prompt.h"
#include "worker/models/prompt_chunks.h"

namespace {

using weft::fuzz::Require;
using weft::models::PromptChunk;
using weft::models::Tokenizer;

const std::vector<weft::models::EmbeddingName>& Names() {
  static const std::vector<weft::models::EmbeddingName> names = {
      {"easy", 3}, {"easy-on", 75}, {"<x>", 1}};
  return names;
}

const Tokenizer& OpenOnce() {
  static const auto tokenizer =
      Tokenizer::Open(WEFT_SOURCE_DIR "/tests/golden/cases/model_a/tokenizer");
  Require(tokenizer.has_value());
  return **tokenizer;
}

void CheckChunk(const PromptChunk& chunk) {
  Require(chunk.ids.size() == weft::models::kContextTokens);
  Require(chunk.weights.size() == weft::models::kContextTokens);
  Require(chunk.ids.front() == OpenOnce().start());
  for (std::size_t i = 0; i < chunk.ids.size(); ++i) {
    Require(chunk.ids[i] >= 0);
    Require(std::abs(chunk.weights[i]) <= weft::models::kPromptWeightMax);
  }
  for (const PromptChunk::Insertion& insertion : chunk.insertions) {
    const auto vectors = static_cast<std::size_t>(Names().at(insertion.embedding).vectors);
    Require(insertion.place >= 1);
    Require(insertion.place + vectors <= weft::models::kChunkTokens + 1);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::string prompt(reinterpret_cast<const char*>(input), size);
  const auto runs = weft::models::ParsePrompt(prompt);
  const bool plain = prompt.find_first_of("()[]\\") == std::string::npos &&
                     prompt.find("BREAK") == std::string::npos;
  if (plain && !prompt.empty()) {
    Require(runs && runs->size() == 1 && runs->front().text == prompt);
  }
  const auto chunks = weft::models::ChunkPrompt(OpenOnce(), Names(), prompt);
  Require(chunks.has_value() == runs.has_value());
  if (chunks) {
    Require(!chunks->empty());
    for (const PromptChunk& chunk : *chunks) {
      CheckChunk(chunk);
    }
  }
  return 0;
}
