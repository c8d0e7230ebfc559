#include "worker/models/prompt_chunks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

std::unique_ptr<Tokenizer> OpenGolden() {
  auto tokenizer = Tokenizer::Open(WEFT_SOURCE_DIR "/tests/golden/cases/model_a/tokenizer");
  EXPECT_TRUE(tokenizer) << tokenizer.error().message();
  return std::move(tokenizer).value();
}

class PromptChunks : public testing::Test {
 protected:
  [[nodiscard]] std::vector<PromptChunk> Chunks(const std::string& prompt) const {
    const auto chunks = ChunkPrompt(*tokenizer_, names_, prompt);
    EXPECT_TRUE(chunks) << chunks.error().message();
    for (const PromptChunk& chunk : *chunks) {
      EXPECT_EQ(chunk.ids.size(), kContextTokens);
      EXPECT_EQ(chunk.weights.size(), kContextTokens);
      EXPECT_EQ(chunk.ids.front(), tokenizer_->start());
    }
    return chunks.value();
  }

  std::unique_ptr<Tokenizer> tokenizer_ = OpenGolden();
  std::vector<EmbeddingName> names_ = {{"easy", 3}, {"easy-on", 5}};
};

std::string Cats(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "! ";  // One token each.
  }
  return text;
}

TEST_F(PromptChunks, GivesOneChunkWhereTheTokenizerPads) {
  for (const std::string& prompt : {std::string(), std::string("a photo of a cat"), Cats(75)}) {
    const auto chunks = Chunks(prompt);
    ASSERT_EQ(chunks.size(), 1U);
    EXPECT_EQ(chunks[0].ids, tokenizer_->EncodePadded(prompt));
    EXPECT_TRUE(chunks[0].IsPlain());
  }
}

TEST_F(PromptChunks, CutsAfterSeventyFiveTokens) {
  const auto chunks = Chunks(Cats(76));
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].ids, tokenizer_->EncodePadded(Cats(75)));
  EXPECT_EQ(chunks[1].ids, tokenizer_->EncodePadded(Cats(1)));
  EXPECT_EQ(Chunks(Cats(751)).size(), 11U);
}

TEST_F(PromptChunks, WeighsTheTokensOfAWord) {
  const auto chunks = Chunks("! (!:1.5) [!]");
  EXPECT_EQ(chunks[0].ids, tokenizer_->EncodePadded(Cats(3)));
  const std::vector<float> first(chunks[0].weights.begin(), chunks[0].weights.begin() + 5);
  EXPECT_THAT(first, testing::ElementsAre(1.0F, 1.0F, 1.5F, testing::FloatEq(1 / 1.1F), 1.0F));
  EXPECT_FALSE(chunks[0].IsPlain());
}

TEST_F(PromptChunks, BeginsAChunkAtABreak) {
  const auto chunks = Chunks("! BREAK ! BREAK");
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].ids, tokenizer_->EncodePadded("!"));
  EXPECT_EQ(chunks[1].ids, tokenizer_->EncodePadded("!"));
}

TEST_F(PromptChunks, PutsVectorsWhereTheirNameIsAWord) {
  auto chunks = Chunks("! (EASY:1.5), !");
  ASSERT_EQ(chunks[0].insertions.size(), 1U);
  EXPECT_EQ(chunks[0].insertions[0].place, 2U);
  EXPECT_EQ(chunks[0].insertions[0].embedding, 0U);
  EXPECT_EQ(chunks[0].weights[4], 1.5F);
  EXPECT_EQ(chunks[0].ids[5], tokenizer_->Encode(",")[1]);
  EXPECT_EQ(Chunks("easy-on")[0].insertions[0].embedding, 1U);
  for (const char* other : {"easygoing", "uneasy", "easy2", "easy_", "éeasy", "easyé"}) {
    EXPECT_TRUE(Chunks(other)[0].insertions.empty()) << other;
    EXPECT_EQ(Chunks(other)[0].ids, tokenizer_->EncodePadded(other));
  }
}

TEST_F(PromptChunks, CutsNoVectorsApart) {
  const auto chunks = Chunks(Cats(73) + "easy");
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].ids, tokenizer_->EncodePadded(Cats(73)));
  EXPECT_EQ(chunks[1].insertions[0].place, 1U);
  EXPECT_EQ(Chunks(Cats(72) + "easy").size(), 1U);
}

}  // namespace
}  // namespace weft::models
