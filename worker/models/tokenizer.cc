#include "worker/models/tokenizer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "worker/models/clip_words.h"
#include "worker/models/json_text.h"

namespace weft::models {
namespace {

using nlohmann::json;

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20U;  // CLIP's largest has 2 MB.

struct SpecialNames {
  std::string start{kStartOfText};
  std::string end{kEndOfText};
  std::string pad{kEndOfText};
  std::string unknown{kEndOfText};
};

// A token is written as a text, or as an object with its "content".
void ReadToken(const json& file, const char* name, std::string& token) {
  const auto found = file.find(name);
  if (found == file.end()) {
    return;
  }
  if (found->is_string()) {
    token = found->get<std::string>();
  } else if (found->is_object() && found->contains("content") && (*found)["content"].is_string()) {
    token = (*found)["content"].get<std::string>();
  }
}

// Reads an optional file of special tokens over what is known so far.
Status ReadSpecialNames(const std::string& text, const std::string& name, SpecialNames& special) {
  if (text.empty()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const json file, ParseJsonObject(text, name));
  const std::string kind = file.value("tokenizer_class", json("CLIPTokenizer")).dump();
  if (kind != "\"CLIPTokenizer\"" && kind != "\"CLIPTokenizerFast\"") {
    return Failure(ErrorCode::kInvalidArgument,
                   name + ": tokenizer_class is " + kind + "; Weft reads CLIPTokenizer");
  }
  ReadToken(file, "bos_token", special.start);
  ReadToken(file, "eos_token", special.end);
  ReadToken(file, "pad_token", special.pad);
  ReadToken(file, "unk_token", special.unknown);
  return {};
}

Result<BytePairs> ReadPairs(const TokenizerTexts& texts) {
  if (!texts.vocabulary.empty() || !texts.merges.empty()) {
    return BytePairs::FromTexts(texts.vocabulary, texts.merges);
  }
  WEFT_ASSIGN_OR_RETURN(const json fast, ParseJsonObject(texts.fast, "tokenizer.json"));
  const auto model = fast.find("model");
  if (model == fast.end() || !model->is_object()) {
    return Failure(ErrorCode::kInvalidArgument, "tokenizer.json: has no model");
  }
  return BytePairs::FromModel(*model);
}

// An empty text where there is no such file.
Result<std::string> ReadFile(const std::string& path) {
  Result<std::string> text = ReadTextFile(path, kFileBytesMax);
  if (!text && text.error().code() == ErrorCode::kNotFound) {
    return std::string();
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::Open(const std::string& folder) {
  TokenizerTexts texts;
  WEFT_ASSIGN_OR_RETURN(texts.vocabulary, ReadFile(folder + "/vocab.json"));
  WEFT_ASSIGN_OR_RETURN(texts.merges, ReadFile(folder + "/merges.txt"));
  WEFT_ASSIGN_OR_RETURN(texts.fast, ReadFile(folder + "/tokenizer.json"));
  WEFT_ASSIGN_OR_RETURN(texts.config, ReadFile(folder + "/tokenizer_config.json"));
  WEFT_ASSIGN_OR_RETURN(texts.special_tokens, ReadFile(folder + "/special_tokens_map.json"));
  const bool neither = texts.vocabulary.empty() && texts.merges.empty();
  if (neither ? texts.fast.empty() : texts.vocabulary.empty() || texts.merges.empty()) {
    const std::string lacking = neither                    ? "vocab.json and merges.txt"
                                : texts.vocabulary.empty() ? "vocab.json"
                                                           : "merges.txt";
    return Failure(ErrorCode::kNotFound,
                   folder + ": has no " + lacking + " (nor a tokenizer.json in their place)");
  }
  auto tokenizer = FromTexts(texts);
  if (!tokenizer) {
    return Failure(tokenizer.error().code(), folder + "/" + tokenizer.error().message());
  }
  return tokenizer;
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromTexts(const TokenizerTexts& texts) {
  WEFT_ASSIGN_OR_RETURN(BytePairs pairs, ReadPairs(texts));
  SpecialNames names;
  WEFT_RETURN_IF_ERROR(ReadSpecialNames(texts.config, "tokenizer_config.json", names));
  WEFT_RETURN_IF_ERROR(ReadSpecialNames(texts.special_tokens, "special_tokens_map.json", names));
  std::unique_ptr<Tokenizer> tokenizer(new Tokenizer(std::move(pairs)));  // NOLINT: private
  const std::array<std::pair<const std::string&, std::int64_t&>, 4> wanted = {
      {{names.start, tokenizer->start_},
       {names.end, tokenizer->end_},
       {names.pad, tokenizer->pad_},
       {names.unknown, tokenizer->unknown_}}};
  for (const auto& [text, id] : wanted) {
    id = tokenizer->pairs_.Find(text);
    if (id < 0 || text.empty()) {
      return Failure(ErrorCode::kInvalidArgument, "vocab.json: lacks the token " + text);
    }
    tokenizer->special_.push_back({text, id});
  }
  std::stable_sort(tokenizer->special_.begin(), tokenizer->special_.end(),
                   [](const auto& a, const auto& b) { return a.text.size() > b.text.size(); });
  return tokenizer;
}

void Tokenizer::AppendWords(std::string_view text, std::vector<std::int64_t>& ids) const {
  for (const std::string& word : ClipWords(text)) {
    if (word == kStartOfText || word == kEndOfText) {
      const std::int64_t id = pairs_.Find(word);
      ids.push_back(id < 0 ? unknown_ : id);
    } else {
      pairs_.Encode(word, unknown_, ids);
    }
  }
}

std::vector<std::int64_t> Tokenizer::Tokens(const std::string& text) const {
  std::vector<std::int64_t> ids;
  std::vector<std::size_t> places(special_.size(), 0);  // Where each comes next.
  for (std::size_t at = 0;;) {
    std::size_t first = 0;
    for (std::size_t i = 0; i < special_.size(); ++i) {
      if (places[i] != std::string::npos && (at == 0 || places[i] < at)) {
        places[i] = text.find(special_[i].text, at);
      }
      first = places[i] < places[first] ? i : first;
    }
    const std::size_t end = std::min(places[first], text.size());
    AppendWords(std::string_view(text).substr(at, end - at), ids);
    if (places[first] == std::string::npos) {
      return ids;
    }
    ids.push_back(special_[first].id);
    at = places[first] + special_[first].text.size();
  }
}

std::vector<std::int64_t> Tokenizer::Encode(const std::string& text) const {
  std::vector<std::int64_t> ids = Tokens(text);
  ids.insert(ids.begin(), start_);
  ids.push_back(end_);
  return ids;
}

std::vector<std::int64_t> Tokenizer::EncodePadded(const std::string& text) const {
  std::vector<std::int64_t> ids = Encode(text);
  if (ids.size() > kContextTokens) {
    ids.resize(kContextTokens);
    ids.back() = end_;
  }
  ids.resize(kContextTokens, pad_);
  return ids;
}

}  // namespace weft::models
