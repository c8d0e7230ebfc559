// Any texts as a tokenizer's files, and any text to encode with it. The input is the five files
// and the text, with a zero byte between each.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/require.h"
#include "worker/models/tokenizer.h"

namespace {

std::string CutOff(std::string_view& input) {
  const std::size_t end = std::min(input.find('\0'), input.size());
  std::string part(input.substr(0, end));
  input.remove_prefix(std::min(end + 1, input.size()));
  return part;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using weft::fuzz::Require;
  std::string_view rest(reinterpret_cast<const char*>(input), size);
  weft::models::TokenizerTexts texts;
  for (std::string* text :
       {&texts.vocabulary, &texts.merges, &texts.fast, &texts.config, &texts.special_tokens}) {
    *text = CutOff(rest);
  }
  const auto tokenizer = weft::models::Tokenizer::FromTexts(texts);
  if (!tokenizer) {
    Require(!tokenizer.error().message().empty());
    return 0;
  }
  const auto ids = (*tokenizer)->Encode(std::string(rest));
  Require(ids.size() >= 2 && ids.front() == (*tokenizer)->start());
  Require(*std::min_element(ids.begin(), ids.end()) >= 0);
  Require((*tokenizer)->EncodePadded(std::string(rest)).size() == weft::models::kContextTokens);
  return 0;
}
