// Byte-pair encoding of one word, as GPT-2 and CLIP do it.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/result.h"

namespace weft::models {

// Immutable; any thread.
class BytePairs {
 public:
  // vocabulary: vocab.json. merges: merges.txt, whose first line is a header.
  // kNotFound, kInvalidArgument: name the file.
  static Result<BytePairs> Open(const std::string& vocabulary, const std::string& merges);

  // The id of a whole token, -1 where there is none.
  [[nodiscard]] std::int64_t Find(const std::string& token) const;

  // Appends the ids of a word's parts; parts outside the vocabulary become `unknown`.
  // word: UTF-8, neither empty nor with white space.
  void Encode(std::string_view word, std::int64_t unknown, std::vector<std::int64_t>& ids) const;

 private:
  BytePairs();
  Status ReadVocabulary(const std::string& path);
  Status ReadMerges(const std::string& path);

  std::vector<std::string> byte_letters_;  // The printable letter that stands for each byte.
  std::unordered_map<std::string, std::int64_t> ids_;
  std::map<std::pair<std::string, std::string>, std::size_t> ranks_;  // Lower merges first.
};

}  // namespace weft::models
