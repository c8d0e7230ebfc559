#include "worker/models/clip_words.h"

#include <array>
#include <cstdlib>
#include <utility>

#include <utf8proc.h>

namespace weft::models {
namespace {

constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kCombiningDotAbove = 0x307;

bool IsSpace(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return c == '\t' || c == '\n' || c == '\r' || category == UTF8PROC_CATEGORY_ZS ||
         category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

// Python's categories C*: control, format, surrogate, private use, unassigned.
bool IsControl(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_CN || category >= UTF8PROC_CATEGORY_CC;
}

bool IsLetter(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool IsNumber(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

// The blocks that BERT's BasicTokenizer sets apart with spaces.
bool IsIdeograph(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 8> kBlocks = {{{0x4E00, 0x9FFF},
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

void AppendUtf8(char32_t point, std::string& text) {
  std::array<utf8proc_uint8_t, 4> bytes = {};
  const utf8proc_ssize_t count =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(point), bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
}

// BasicTokenizer's clean-up before NFC: controls out, white space as blanks, ideographs set apart.
std::string Clean(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  std::string clean;
  for (const char32_t point : DecodeUtf8(text)) {
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

std::u32string Lower(const std::u32string& points) {
  std::u32string lower;
  for (const char32_t point : points) {
    // The only code point whose lower case is two, in every language.
    if (point == kDottedCapitalI) {
      lower += U'i';
      lower += kCombiningDotAbove;
    } else {
      const auto plain = utf8proc_tolower(static_cast<utf8proc_int32_t>(point));
      lower += static_cast<char32_t>(plain);
    }
  }
  return lower;
}

// Length of the match of CLIP's pattern at `at`, 0 on white space:
// <|startoftext|>|<|endoftext|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
std::size_t MatchWord(const std::u32string& text, std::size_t at) {
  constexpr std::array<std::string_view, 9> kFixed = {kStartOfText, kEndOfText, "'s",  "'t", "'re",
                                                      "'ve",        "'m",       "'ll", "'d"};
  for (const std::string_view fixed : kFixed) {
    std::size_t same = 0;
    while (same < fixed.size() && at + same < text.size() &&
           text[at + same] == static_cast<unsigned char>(fixed[same])) {
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

}  // namespace

bool IsWordLetter(char32_t point) {
  return IsLetter(point) || IsNumber(point);
}

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string points;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes, left, &point);
    if (used > 0) {
      points += static_cast<char32_t>(point);
    }
    bytes += used > 0 ? used : 1;
    left -= used > 0 ? used : 1;
  }
  return points;
}

std::vector<std::string> ClipWords(std::string_view text) {
  const std::u32string points = Lower(DecodeUtf8(Compose(Clean(text))));
  std::vector<std::string> words;
  for (std::size_t at = 0; at < points.size();) {
    const std::size_t length = MatchWord(points, at);
    if (length == 0) {
      ++at;
      continue;
    }
    std::string word;
    for (const std::size_t end = at + length; at < end; ++at) {
      AppendUtf8(points[at], word);
    }
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace weft::models
