#include "worker/models/tokenizer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"

namespace weft::models {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Ids = std::vector<std::int64_t>;

const std::string kCases = WEFT_SOURCE_DIR "/tests/golden/cases";

std::unique_ptr<Tokenizer> OpenGolden() {
  auto tokenizer = Tokenizer::Open(kCases + "/model_a/tokenizer");
  EXPECT_TRUE(tokenizer) << tokenizer.error().message();
  return std::move(tokenizer).value();
}

TEST(ClipTokenizer, GivesTheIdsOfBothReferencesWhereTheyAgree) {
  const auto tokenizer = OpenGolden();
  int compared = 0;
  const json cases = ReadJson(kCases + "/goldens/tokenizer_a.json");
  for (const json& entry : cases.at("cases")) {
    const auto prompt = entry.at("prompt").get<std::string>();
    if (entry.at("agree").get<bool>()) {
      EXPECT_EQ(tokenizer->Encode(prompt), entry.at("ids").get<Ids>()) << prompt;
      EXPECT_EQ(tokenizer->EncodePadded(prompt), entry.at("ids_77").get<Ids>()) << prompt;
      ++compared;
    }
  }
  EXPECT_GT(compared, 30);
}

TEST(ClipTokenizer, KeepsTheEndTokenLastWhenItCutsOff) {
  const auto tokenizer = OpenGolden();
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += "cat ";
  }
  const Ids ids = tokenizer->EncodePadded(text);
  ASSERT_EQ(ids.size(), 77U);
  EXPECT_EQ(ids.back(), tokenizer->Encode("").back());
  EXPECT_EQ(ids[75], ids[1]);
}

TEST(ClipTokenizer, TakesNoHarmFromBytesThatAreNoText) {
  const auto tokenizer = OpenGolden();
  EXPECT_EQ(tokenizer->Encode("a\xFF\xFE photo\xC3"), tokenizer->Encode("a photo"));
  EXPECT_EQ(tokenizer->Encode(std::string("a\0 photo", 8)), tokenizer->Encode("a photo"));
}

TEST(ClipTokenizer, KnowsSpecialTokensInTheText) {
  const auto tokenizer = OpenGolden();
  const Ids empty = tokenizer->Encode("");
  EXPECT_EQ(tokenizer->Encode("<|endoftext|>"), (Ids{empty[0], empty[1], empty[1]}));
}

TEST(ClipTokenizer, PadsWithTheTokenThatTheFilesName) {
  TestFolder folder;
  for (const char* name : {"vocab.json", "merges.txt"}) {
    std::filesystem::copy(kCases + "/model_a/tokenizer/" + name, folder / name);
  }
  WriteText(folder / "special_tokens_map.json", R"({"pad_token": {"content": "!"}})");
  const auto tokenizer = Tokenizer::Open(folder.string());
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ((*tokenizer)->EncodePadded("").back(), 0);
}

TEST(ClipTokenizer, NamesTheFileThatIsMissingOrWrong) {
  TestFolder folder;
  auto tokenizer = Tokenizer::Open(folder.string());
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(tokenizer.error().message(), HasSubstr("vocab.json"));
  WriteText(folder / "vocab.json", "[1, 2");
  EXPECT_THAT(Tokenizer::Open(folder.string()).error().message(), HasSubstr("merges.txt"));
  WriteText(folder / "merges.txt", "#version: 0.2\n");
  tokenizer = Tokenizer::Open(folder.string());
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code(), ErrorCode::kInvalidArgument);
  WriteText(folder / "vocab.json", R"({"a": 0})");
  WriteText(folder / "merges.txt", "#version: 0.2\na b c\n");
  EXPECT_THAT(Tokenizer::Open(folder.string()).error().message(), HasSubstr("merges.txt"));
  WriteText(folder / "merges.txt", "#version: 0.2\n");
  EXPECT_THAT(Tokenizer::Open(folder.string()).error().message(), HasSubstr("<|startoftext|>"));
}

TEST(ClipTokenizer, KnowsSpecialTokensAmongOtherSigns) {
  const auto tokenizer = OpenGolden();
  const Ids with = tokenizer->Encode("!!<|endoftext|>cat");
  const Ids before = tokenizer->Encode("!!");
  const Ids after = tokenizer->Encode("cat");
  Ids expected(before.begin(), before.end());  // Ends with the end token.
  expected.insert(expected.end(), after.begin() + 1, after.end());
  EXPECT_EQ(with, expected);
}

TEST(ClipTokenizer, ReadsTheFastFormatWhereTheOthersAreAbsent) {
  const json vocabulary = ReadJson(kCases + "/model_a/tokenizer/vocab.json");
  std::ifstream file(kCases + "/model_a/tokenizer/merges.txt");
  json merges = json::array();
  json pairs = json::array();
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    merges.push_back(line);
    pairs.push_back({line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1)});
  }
  const auto slow = OpenGolden();
  for (const json& list : {merges, pairs}) {
    const json fast = {{"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", list}}}};
    const auto tokenizer = Tokenizer::FromTexts({.fast = fast.dump()});
    ASSERT_TRUE(tokenizer) << tokenizer.error().message();
    for (const char* prompt : {"", "a photograph of an astronaut", "électroencéphalo 😀 it's"}) {
      EXPECT_EQ((*tokenizer)->Encode(prompt), slow->Encode(prompt));
    }
  }
  const auto other = Tokenizer::FromTexts({.fast = R"({"model": {"type": "WordPiece"}})"});
  EXPECT_THAT(other.error().message(), HasSubstr("byte-pair"));
}

// Merges as the reference does: the best pair of all, everywhere; again until there is none.
Ids PlainlyMerged(const std::string& word, const std::vector<std::string>& merges) {
  std::vector<std::string> parts;
  for (const char letter : word) {
    parts.emplace_back(1, letter);
  }
  parts.back() += "</w>";
  for (bool again = true; again;) {
    again = false;
    for (const std::string& merge : merges) {
      std::vector<std::string> next;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool pair = i + 1 < parts.size() && parts[i] + " " + parts[i + 1] == merge;
        next.push_back(pair ? parts[i] + parts[i + 1] : parts[i]);
        i += pair ? 1 : 0;
      }
      if (next.size() < parts.size()) {
        parts = next;
        again = true;
        break;
      }
    }
  }
  Ids lengths;
  for (const std::string& part : parts) {
    lengths.push_back(static_cast<std::int64_t>(part.size()));
  }
  return lengths;
}

TEST(BytePairs, MergesRandomWordsAsThePlainMethodDoes) {
  // Any order of merges, also ones that no training would give.
  const std::vector<std::string> merges = {"ab a", "a b",     "b b",  "a a</w>", "ab ab", "bb a",
                                           "aa b", "b b</w>", "a bb", "a a",     "c ab",  "b c"};
  json vocabulary;
  std::string text = "#version\n";
  for (const std::string& merge : merges) {
    text += merge + "\n";
    const std::string token = merge.substr(0, merge.find(' ')) + merge.substr(merge.find(' ') + 1);
    vocabulary[token] = token.size();
  }
  for (const char* letter : {"a", "b", "c"}) {
    vocabulary[letter] = 1;
    vocabulary[letter + std::string("</w>")] = 5;
  }
  const auto pairs = BytePairs::FromTexts(vocabulary.dump(), text);
  ASSERT_TRUE(pairs) << pairs.error().message();
  unsigned state = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string word;
    for (int i = 0; i < 1 + round % 24; ++i) {
      state = state * 1664525U + 1013904223U;
      word += static_cast<char>('a' + (state >> 24U) % 3);
    }
    Ids ids;
    pairs->Encode(word, -1, ids);
    ASSERT_EQ(ids, PlainlyMerged(word, merges)) << word;
  }
}

TEST(ClipTokenizer, TakesAWordOfAMegabyteInItsStride) {
  const auto tokenizer = OpenGolden();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_GT(tokenizer->Encode(std::string(1'000'000, 'a')).size(), 1000U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace weft::models
