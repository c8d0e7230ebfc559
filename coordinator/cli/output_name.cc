#include "coordinator/cli/output_name.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace weft::cli {
namespace {

constexpr const char* kName = "{name}";
constexpr const char* kNumber = "{number}";

// The next of what stands in braces, from `from` on; empty where there is nothing more.
struct Braced {
  std::size_t begin = std::string::npos;
  std::string word;  // With its braces.
};

Braced NextBraced(const std::string& text, std::size_t from) {
  for (std::size_t end = text.find('}', from); end != std::string::npos;
       end = text.find('}', end + 1)) {
    const std::size_t begin = text.rfind('{', end);
    if (begin != std::string::npos && begin >= from) {
      return {begin, text.substr(begin, end + 1 - begin)};
    }
  }
  return {};
}

std::string ValueOf(const std::string& word, const OutputWords& words) {
  if (word == kName) {
    return words.name;
  }
  return word == kNumber ? std::to_string(words.number) : word;
}

// Only letters: names of other programs, such as {3F25-11D0}, are none of ours.
bool IsWord(const std::string& braced) {
  return braced.size() > 2 &&
         std::all_of(braced.begin() + 1, braced.end() - 1,
                     [](unsigned char letter) { return std::isalpha(letter) != 0; });
}

}  // namespace

Status CheckOutputWords(const std::string& text) {
  for (Braced next = NextBraced(text, 0); !next.word.empty();
       next = NextBraced(text, next.begin + next.word.size())) {
    if (IsWord(next.word) && next.word != kName && next.word != kNumber) {
      return Failure(ErrorCode::kInvalidArgument, "there is no " + next.word +
                                                      "; what may stand in braces is " + kName +
                                                      ", the clip's name, and " + kNumber);
    }
  }
  return {};
}

std::string FilledOutput(const std::string& text, const OutputWords& words) {
  std::string filled;
  std::size_t from = 0;
  for (Braced next = NextBraced(text, from); !next.word.empty(); next = NextBraced(text, from)) {
    filled.append(text, from, next.begin - from).append(ValueOf(next.word, words));
    from = next.begin + next.word.size();
  }
  return filled.append(text, from);
}

}  // namespace weft::cli
