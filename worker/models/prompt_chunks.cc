#include "worker/models/prompt_chunks.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "worker/models/clip_words.h"
#include "worker/models/prompt.h"

namespace weft::models {
namespace {

char Lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool BeginsWith(std::string_view text, std::string_view name) {
  return text.size() >= name.size() &&
         std::equal(name.begin(), name.end(), text.begin(),
                    [](char a, char b) { return Lower(a) == Lower(b); });
}

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

bool IsWordPoint(const std::u32string& points) {
  return !points.empty() && (points[0] == U'_' || IsWordLetter(points[0]));
}

// The code points before and after a place in a text are of one word.
bool IsInsideWord(std::string_view text, std::size_t place) {
  constexpr std::size_t kPointBytesMax = 4;
  if (place == 0 || place == text.size()) {
    return false;
  }
  std::size_t before = place - 1;
  while (before > 0 && place - before < kPointBytesMax && IsContinuation(text[before])) {
    --before;
  }
  return IsWordPoint(DecodeUtf8(text.substr(before, place - before))) &&
         IsWordPoint(DecodeUtf8(text.substr(place, kPointBytesMax)));
}

// The place in `names` of the one that stands at `at`; names.size() where none does.
std::size_t NameAt(std::string_view text, std::size_t at, const std::vector<EmbeddingName>& names) {
  std::size_t best = names.size();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i].name;
    if (BeginsWith(text.substr(at), name) && !IsInsideWord(text, at) &&
        !IsInsideWord(text, at + name.size()) &&
        (best == names.size() || name.size() > names[best].name.size())) {
      best = i;
    }
  }
  return best;
}

class Chunker {
 public:
  Chunker(const Tokenizer& tokenizer, const std::vector<EmbeddingName>& names)
      : tokenizer_(tokenizer), names_(names) {}

  void Add(const PromptRun& run) {
    if (run.breaks) {
      Cut();
      return;
    }
    const auto weight = static_cast<float>(run.weight);
    std::size_t begin = 0;
    for (std::size_t at = 0; at < run.text.size();) {
      const std::size_t name = NameAt(run.text, at, names_);
      if (name == names_.size()) {
        ++at;
        continue;
      }
      AddWords(run.text.substr(begin, at - begin), weight);
      AddEmbedding(name, weight);
      at += names_[name].name.size();
      begin = at;
    }
    AddWords(run.text.substr(begin), weight);
  }

  std::vector<PromptChunk> Finish() {
    if (!chunk_.ids.empty() || chunks_.empty()) {
      Cut();
    }
    return std::move(chunks_);
  }

 private:
  void AddWords(const std::string& text, float weight) {
    for (const std::int64_t id : tokenizer_.Tokens(text)) {
      MakeRoom(1);
      chunk_.ids.push_back(id);
      chunk_.weights.push_back(weight);
    }
  }

  void AddEmbedding(std::size_t name, float weight) {
    const auto count = static_cast<std::size_t>(names_[name].vectors);
    MakeRoom(count);
    chunk_.insertions.push_back({chunk_.ids.size() + 1, name});
    chunk_.ids.insert(chunk_.ids.end(), count, 0);
    chunk_.weights.insert(chunk_.weights.end(), count, weight);
  }

  void MakeRoom(std::size_t count) {
    if (chunk_.ids.size() + count > kChunkTokens) {
      Cut();
    }
  }

  void Cut() {
    chunk_.ids.insert(chunk_.ids.begin(), tokenizer_.start());
    chunk_.ids.push_back(tokenizer_.end());
    chunk_.ids.resize(kContextTokens, tokenizer_.pad());
    chunk_.weights.insert(chunk_.weights.begin(), 1.0F);
    chunk_.weights.resize(kContextTokens, 1.0F);
    chunks_.push_back(std::move(chunk_));
    chunk_ = {};
  }

  const Tokenizer& tokenizer_;
  const std::vector<EmbeddingName>& names_;
  PromptChunk chunk_;  // The one being filled: no start yet.
  std::vector<PromptChunk> chunks_;
};

}  // namespace

bool PromptChunk::IsPlain() const {
  return std::all_of(weights.begin(), weights.end(), [](float weight) { return weight == 1.0F; });
}

PromptChunk EmptyChunk(const Tokenizer& tokenizer) {
  return Chunker(tokenizer, {}).Finish().front();
}

Result<std::vector<PromptChunk>> ChunkPrompt(const Tokenizer& tokenizer,
                                             const std::vector<EmbeddingName>& names,
                                             const std::string& prompt) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<PromptRun> runs, ParsePrompt(prompt));
  Chunker chunker(tokenizer, names);
  for (const PromptRun& run : runs) {
    chunker.Add(run);
  }
  return chunker.Finish();
}

}  // namespace weft::models
