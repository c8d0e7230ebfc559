#include "worker/models/tokenizer.h"

#include <algorithm>
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
  tokenizer = Tokenizer::Open(folder.string());
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code(), ErrorCode::kInvalidArgument);
  WriteText(folder / "vocab.json", R"({"a": 0})");
  WriteText(folder / "merges.txt", "#version: 0.2\na b c\n");
  EXPECT_THAT(Tokenizer::Open(folder.string()).error().message(), HasSubstr("merges.txt"));
  WriteText(folder / "merges.txt", "#version: 0.2\n");
  EXPECT_THAT(Tokenizer::Open(folder.string()).error().message(), HasSubstr("<|startoftext|>"));
}

}  // namespace
}  // namespace weft::models
