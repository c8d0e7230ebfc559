// Cuts text into the words that CLIP's byte pairs are made for.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::models {

constexpr std::string_view kStartOfText = "<|startoftext|>";
constexpr std::string_view kEndOfText = "<|endoftext|>";

// The words of `text` (UTF-8; bytes that are none are left out), none of them empty and all in
// lower case. A word is kStartOfText or kEndOfText; a contraction ('s, 't, 're, 've, 'm, 'll, 'd);
// a run of letters; one number sign; or a run of what is none of these nor white space.
//
// Before that, as transformers' BasicTokenizer: control characters go, white space becomes blanks,
// ideographs are set apart, and letters are composed (NFC). Time grows with the length of the text.
std::vector<std::string> ClipWords(std::string_view text);

// True for a letter or a number of any script.
bool IsWordLetter(char32_t point);

// The code points of `text`; bytes that are no UTF-8 are left out.
std::u32string DecodeUtf8(std::string_view text);

}  // namespace weft::models
