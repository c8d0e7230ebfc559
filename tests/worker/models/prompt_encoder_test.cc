#include "worker/models/prompt_encoder.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"
#include "worker/models/tokenizer.h"

namespace weft::models {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kDemo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
const std::string kText = kDemo + "/text_encoder";
const std::string kPhoto = "a photo of towers, neon glow";

Result<PromptEncoder> Create(const ModelOptions& options) {
  WEFT_ASSIGN_OR_RETURN(auto tokenizer, Tokenizer::Open(kDemo + "/tokenizer"));
  WEFT_ASSIGN_OR_RETURN(const TextEncoderConfig config, ReadTextEncoderConfig(kDemo));
  WEFT_ASSIGN_OR_RETURN(Weights weights, Weights::Open(Part::kTextEncoder, kDemo, {}));
  WEFT_ASSIGN_OR_RETURN(TextEncoder text, LoadTextEncoder(config, std::move(weights)));
  return PromptEncoder::Create(std::move(tokenizer), std::move(text), options);
}

PromptEmbedding Encode(const std::string& negative,
                       const std::string& positive,
                       const ModelOptions& options = {}) {
  const auto encoder = Create(options);
  EXPECT_TRUE(encoder) << encoder.error().message();
  const auto prompts = encoder->Encode(negative, positive);
  EXPECT_TRUE(prompts) << prompts.error().message();
  return prompts.value();
}

// The numbers of tokens `first` to `first + count` of one side; 1: the positive prompt.
std::vector<float> Tokens(const PromptEmbedding& prompts, int side, int first, int count) {
  const auto begin = prompts.values.begin() +
                     static_cast<std::ptrdiff_t>(side * prompts.tokens + first) * prompts.width;
  return {begin, begin + static_cast<std::ptrdiff_t>(count) * prompts.width};
}

double Mean(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Error Refusal(const ModelOptions& options) {
  const auto encoder = Create(options);
  EXPECT_FALSE(encoder);
  return encoder ? Error(ErrorCode::kInternal, "created") : encoder.error();
}

TEST(PromptEncoder, GivesTheSameNumbersForWeightsOfOne) {
  EXPECT_EQ(Encode("", "(" + kPhoto + ":1.0)").values, Encode("", kPhoto).values);
}

TEST(PromptEncoder, MultipliesAWordAndRestoresTheMean) {
  const PromptEmbedding plain = Encode("blur", "a photo of towers");
  const PromptEmbedding weighted = Encode("blur", "a (photo:1.5) of towers");
  EXPECT_EQ(Tokens(plain, 0, 0, 77), Tokens(weighted, 0, 0, 77));
  const auto before = Tokens(plain, 1, 0, 77);
  const auto after = Tokens(weighted, 1, 0, 77);
  EXPECT_NEAR(Mean(before), Mean(after), 1e-5 + 1e-4 * std::abs(Mean(before)));
  const auto width = static_cast<std::size_t>(plain.width);
  const float rest = after[0] / before[0];
  EXPECT_NE(rest, 1.0F);
  for (std::size_t i = 0; i < width; ++i) {
    EXPECT_NEAR(after[i], before[i] * rest, 1e-4);
    EXPECT_NEAR(after[2 * width + i], before[2 * width + i] * rest * 1.5F, 1e-4);
  }
}

TEST(PromptEncoder, EncodesTheChunksOfALongPromptEachByItself) {
  const PromptEmbedding both = Encode("blur", kPhoto + " BREAK red sky");
  EXPECT_EQ(both.tokens, 154);
  EXPECT_EQ(both.values.size(), 2U * 154 * static_cast<std::size_t>(both.width));
  const PromptEmbedding first = Encode("blur", kPhoto);
  const PromptEmbedding second = Encode("", "red sky");
  for (const int side : {0, 1}) {
    EXPECT_EQ(Tokens(both, side, 0, 77), Tokens(first, side, 0, 77));
    EXPECT_EQ(Tokens(both, side, 77, 77), Tokens(second, side, 0, 77));
  }
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += "sky ";
  }
  const PromptEmbedding negative = Encode(text, "a");
  EXPECT_GE(negative.tokens, 3 * 77);
  EXPECT_EQ(Tokens(negative, 1, 77, 77), Tokens(Encode("", ""), 1, 0, 77));
}

TEST(PromptEncoder, LeavesOutLayersOfBothPrompts) {
  const PromptEmbedding all = Encode("blur", kPhoto);
  const PromptEmbedding fewer = Encode("blur", kPhoto, {.clip_skip = 1});
  EXPECT_NE(Tokens(all, 0, 0, 77), Tokens(fewer, 0, 0, 77));
  EXPECT_NE(Tokens(all, 1, 0, 77), Tokens(fewer, 1, 0, 77));
  const int layers = ReadTextEncoderConfig(kDemo)->layers;
  EXPECT_TRUE(Create({.clip_skip = layers - 1}));
  for (const int skip : {-1, layers}) {
    const Error error = Refusal({.clip_skip = skip});
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("clip_skip"), HasSubstr("layers")));
  }
}

class Inversions : public testing::Test {
 protected:
  // The rows of the token embeddings for `text`: an inversion that means just that.
  [[nodiscard]] std::string VectorsOf(const std::string& text) const {
    const auto file = SafetensorsFile::Open(kText + "/model.safetensors");
    const StoredTensor& tokens = *(*file)->Find("text_model.embeddings.token_embedding.weight");
    const std::size_t row = tokens.byte_count / static_cast<std::size_t>(tokens.shape[0]);
    std::string bytes;
    for (const std::int64_t id : Tokenizer::Open(kDemo + "/tokenizer").value()->Tokens(text)) {
      bytes.append(reinterpret_cast<const char*>(tokens.bytes) + static_cast<std::size_t>(id) * row,
                   row);
    }
    type_ = Name(tokens.type);
    element_ = SizeOf(tokens.type);
    return bytes;
  }
  [[nodiscard]] std::string Write(const std::string& file,
                                  const std::string& tensor,
                                  const std::string& bytes,
                                  const std::vector<std::int64_t>& shape) const {
    nlohmann::json header = {{tensor, Entry(type_, shape, 0, bytes.size())}};
    WriteSafetensors(folder_ / file, header.dump(), bytes);
    return folder_ / file;
  }

  TestFolder folder_;
  std::int64_t width_ = ReadTextEncoderConfig(kDemo)->width;
  mutable std::string type_ = "F32";
  mutable std::size_t element_ = 4;
};

TEST_F(Inversions, StandForTheVectorsOfTheirFile) {
  const std::string two = VectorsOf("red sky");
  const auto count = static_cast<std::int64_t>(two.size() / element_) / width_;
  const ModelOptions options = {
      .embeddings = {Write("Dusk.safetensors", "emb_params", two, {count, width_})}};
  EXPECT_EQ(Encode("a dusk", "DUSK, (neon:1.2)", options).values,
            Encode("a red sky", "red sky, (neon:1.2)").values);
  EXPECT_EQ(Encode("", "duskier", options).values, Encode("", "duskier").values);
}

TEST_F(Inversions, MayBeOneVectorUnderAnyName) {
  const std::string one = VectorsOf(",");
  for (const char* tensor : {"<mine>", "clip_l"}) {
    const std::string path = Write("mine.safetensors", tensor, one, {width_});
    EXPECT_EQ(Encode("", "a mine", {.embeddings = {path}}).values, Encode("", "a ,").values);
  }
}

TEST_F(Inversions, AreRefusedWhereTheyDoNotFit) {
  std::string path = Write("wide.safetensors", "emb_params", std::string(4 * 8, '\0'), {1, 8});
  EXPECT_THAT(Refusal({.embeddings = {path}}).message(),
              AllOf(HasSubstr("wide.safetensors"), HasSubstr("emb_params"), HasSubstr("width 8"),
                    HasSubstr("width " + std::to_string(width_))));
  const std::string bytes(static_cast<std::size_t>(4 * width_ * 76), '\0');
  path = Write("many.safetensors", "emb_params", bytes, {76, width_});
  EXPECT_THAT(Refusal({.embeddings = {path}}).message(), HasSubstr("76 vectors"));
  path = Write("one.safetensors", "emb_params", std::string(4 * width_, '\0'), {width_});
  EXPECT_THAT(Refusal({.embeddings = {path, path}}).message(), HasSubstr("of the name one"));
  const nlohmann::json header = {{"clip_g", Entry("F32", {1}, 0, 4)},
                                 {"clip_l", Entry("F32", {1}, 4, 8)}};
  WriteSafetensors(folder_ / "xl.safetensors", header.dump(), "12345678");
  EXPECT_THAT(Refusal({.embeddings = {folder_ / "xl.safetensors"}}).message(), HasSubstr("SDXL"));
  WriteText(folder_ / "old.pt", "PK\x03\x04");
  EXPECT_THAT(Refusal({.embeddings = {folder_ / "old.pt"}}).message(),
              AllOf(HasSubstr("old.pt"), HasSubstr("pickle"), HasSubstr("save_file")));
}

}  // namespace
}  // namespace weft::models
