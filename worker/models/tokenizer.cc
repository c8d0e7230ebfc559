#include "worker/models/tokenizer.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <utf8proc.h>

#include "worker/models/byte_pairs.h"

namespace weft::models {
namespace {

using nlohmann::json;
using CodePoints = std::vector<utf8proc_int32_t>;

constexpr std::size_t kContextLength = 77;  // What CLIP was trained with.
constexpr std::string_view kStart = "<|startoftext|>";
constexpr std::string_view kEnd = "<|endoftext|>";
constexpr utf8proc_int32_t kDottedCapitalI = 0x130;
constexpr utf8proc_int32_t kCombiningDotAbove = 0x307;

struct SpecialTokens {
  std::string start{kStart};
  std::string end{kEnd};
  std::string pad{kEnd};
  std::string unknown{kEnd};
};

bool IsSpace(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return c == '\t' || c == '\n' || c == '\r' || category == UTF8PROC_CATEGORY_ZS ||
         category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

// Python's categories C*: control, format, surrogate, private use, unassigned.
bool IsControl(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_CN || category >= UTF8PROC_CATEGORY_CC;
}

bool IsLetter(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool IsNumber(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

// The blocks that BERT's BasicTokenizer sets apart with spaces.
bool IsIdeograph(utf8proc_int32_t c) {
  constexpr std::array<std::pair<int, int>, 8> kBlocks = {{{0x4E00, 0x9FFF},
                                                           {0x3400, 0x4DBF},
                                                           {0x20000, 0x2A6DF},
                                                           {0x2A700, 0x2B73F},
                                                           {0x2B740, 0x2B81F},
                                                           {0x2B820, 0x2CEAF},
                                                           {0xF900, 0xFAFF},
                                                           {0x2F800, 0x2FA1F}}};
  for (const auto& [first, last] : kBlocks) {
    if (c >= first && c <= last) {
      return true;
    }
  }
  return false;
}

// Code points of `text`; bytes that are no UTF-8 are left out.
CodePoints Decode(std::string_view text) {
  CodePoints points;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes, left, &point);
    if (used > 0) {
      points.push_back(point);
    }
    bytes += used > 0 ? used : 1;
    left -= used > 0 ? used : 1;
  }
  return points;
}

void AppendUtf8(utf8proc_int32_t point, std::string& text) {
  std::array<utf8proc_uint8_t, 4> bytes = {};
  const utf8proc_ssize_t count = utf8proc_encode_char(point, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
}

// BasicTokenizer's clean-up before NFC: controls out, white space as blanks, ideographs set apart.
std::string Clean(std::string_view text) {
  constexpr utf8proc_int32_t kReplacement = 0xFFFD;
  std::string clean;
  for (const utf8proc_int32_t point : Decode(text)) {
    if (IsSpace(point)) {
      clean += ' ';
    } else if (IsIdeograph(point)) {
      clean += ' ';
      AppendUtf8(point, clean);
      clean += ' ';
    } else if (point != kReplacement && !IsControl(point)) {
      AppendUtf8(point, clean);
    }
  }
  return clean;
}

std::string Compose(const std::string& text) {
  utf8proc_uint8_t* composed =
      utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
  if (composed == nullptr) {
    return text;
  }
  std::string result(reinterpret_cast<const char*>(composed));
  std::free(composed);  // NOLINT: utf8proc allocates with malloc
  return result;
}

CodePoints Lower(const CodePoints& points) {
  CodePoints lower;
  for (const utf8proc_int32_t point : points) {
    // The only code point whose lower case is two, in every language.
    if (point == kDottedCapitalI) {
      lower.push_back('i');
      lower.push_back(kCombiningDotAbove);
    } else {
      lower.push_back(utf8proc_tolower(point));
    }
  }
  return lower;
}

// Length of the match of CLIP's pattern at `at`, 0 on white space:
// <|startoftext|>|<|endoftext|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
std::size_t MatchWord(const CodePoints& text, std::size_t at) {
  constexpr std::array<std::string_view, 9> kFixed = {kStart, kEnd, "'s",  "'t", "'re",
                                                      "'ve",  "'m", "'ll", "'d"};
  for (const std::string_view fixed : kFixed) {
    std::size_t same = 0;
    while (same < fixed.size() && at + same < text.size() && text[at + same] == fixed[same]) {
      ++same;
    }
    if (same == fixed.size()) {
      return same;
    }
  }
  if (IsNumber(text[at])) {
    return 1;
  }
  const bool letters = IsLetter(text[at]);
  std::size_t end = at;
  while (end < text.size() && !IsSpace(text[end]) && !IsNumber(text[end]) &&
         IsLetter(text[end]) == letters) {
    ++end;
  }
  return end - at;
}

class ClipTokenizer : public Tokenizer {
 public:
  ClipTokenizer(BytePairs pairs, const SpecialTokens& special)
      : pairs_(std::move(pairs)),
        start_(pairs_.Find(special.start)),
        end_(pairs_.Find(special.end)),
        pad_(pairs_.Find(special.pad)),
        unknown_(pairs_.Find(special.unknown)) {}

  [[nodiscard]] bool complete() const {
    return start_ >= 0 && end_ >= 0 && pad_ >= 0 && unknown_ >= 0;
  }

  [[nodiscard]] std::vector<std::int64_t> Encode(const std::string& text) const override {
    const CodePoints points = Lower(Decode(Compose(Clean(text))));
    std::vector<std::int64_t> ids = {start_};
    for (std::size_t at = 0; at < points.size();) {
      const std::size_t length = MatchWord(points, at);
      if (length == 0) {
        ++at;
        continue;
      }
      std::string word;
      for (std::size_t i = at; i < at + length; ++i) {
        AppendUtf8(points[i], word);
      }
      at += length;
      AppendWord(word, ids);
    }
    ids.push_back(end_);
    return ids;
  }

  [[nodiscard]] std::vector<std::int64_t> EncodePadded(const std::string& text) const override {
    std::vector<std::int64_t> ids = Encode(text);
    if (ids.size() > kContextLength) {
      ids.resize(kContextLength);
      ids.back() = end_;
    }
    ids.resize(kContextLength, pad_);
    return ids;
  }

 private:
  void AppendWord(const std::string& word, std::vector<std::int64_t>& ids) const {
    if (word == kStart || word == kEnd) {
      const std::int64_t id = pairs_.Find(word);
      ids.push_back(id < 0 ? unknown_ : id);
      return;
    }
    pairs_.Encode(word, unknown_, ids);
  }

  BytePairs pairs_;
  std::int64_t start_;
  std::int64_t end_;
  std::int64_t pad_;
  std::int64_t unknown_;
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
Status ReadSpecialTokens(const std::string& path, SpecialTokens& special) {
  std::ifstream stream(path);
  if (!stream) {
    return {};
  }
  const json file = json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!file.is_object()) {
    return Failure(ErrorCode::kInvalidArgument, path + ": not a JSON object");
  }
  const std::string kind = file.value("tokenizer_class", json("CLIPTokenizer")).dump();
  if (kind != "\"CLIPTokenizer\"" && kind != "\"CLIPTokenizerFast\"") {
    return Failure(ErrorCode::kInvalidArgument,
                   path + ": tokenizer_class is " + kind + "; Weft reads CLIPTokenizer");
  }
  ReadToken(file, "bos_token", special.start);
  ReadToken(file, "eos_token", special.end);
  ReadToken(file, "pad_token", special.pad);
  ReadToken(file, "unk_token", special.unknown);
  return {};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::Open(const std::string& folder) {
  WEFT_ASSIGN_OR_RETURN(BytePairs pairs,
                        BytePairs::Open(folder + "/vocab.json", folder + "/merges.txt"));
  SpecialTokens special;
  WEFT_RETURN_IF_ERROR(ReadSpecialTokens(folder + "/tokenizer_config.json", special));
  WEFT_RETURN_IF_ERROR(ReadSpecialTokens(folder + "/special_tokens_map.json", special));
  auto tokenizer = std::make_unique<ClipTokenizer>(std::move(pairs), special);
  if (!tokenizer->complete()) {
    return Failure(ErrorCode::kInvalidArgument, folder + "/vocab.json: lacks " + special.start +
                                                    ", " + special.end + ", " + special.pad +
                                                    " or " + special.unknown);
  }
  return std::unique_ptr<Tokenizer>(std::move(tokenizer));
}

}  // namespace weft::models
