#include "worker/models/safetensors.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"

namespace weft::models {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Safetensors : public testing::Test {
 protected:
  Result<std::unique_ptr<SafetensorsFile>> Open(const json& header, const std::string& data) {
    WriteSafetensors(path_, header.dump(), data);
    return SafetensorsFile::Open(path_);
  }
  // The message with which a file is refused, which must name it.
  std::string Refusal(const Result<std::unique_ptr<SafetensorsFile>>& file,
                      ErrorCode code = ErrorCode::kInvalidArgument) {
    EXPECT_FALSE(file.has_value());
    if (file.has_value()) {
      return "";
    }
    EXPECT_EQ(file.error().code(), code) << file.error().message();
    EXPECT_THAT(file.error().message(), HasSubstr("weft-models-"));
    return file.error().message();
  }

  TestFolder folder_;
  std::string path_ = folder_ / "a.safetensors";
};

TEST_F(Safetensors, GivesNamesShapesTypesBytesAndMetadata) {
  const auto file = Open({{"__metadata__", {{"format", "pt"}}},
                          {"w", Entry("F16", {2, 1}, 0, 4)},
                          {"n", Entry("I64", {}, 4, 12)}},
                         std::string("abcd\x07\0\0\0\0\0\0\0", 12));
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ((*file)->metadata().at("format"), "pt");
  const StoredTensor* w = (*file)->Find("w");
  ASSERT_NE(w, nullptr);
  EXPECT_EQ(w->type, ElementType::kFloat16);
  EXPECT_EQ(w->shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(std::memcmp(w->bytes, "abcd", 4), 0);
  EXPECT_EQ((*file)->Find("n")->byte_count, 8U);
  EXPECT_EQ((*file)->Find("x"), nullptr);
}

TEST_F(Safetensors, NamesTheTensorThatATruncatedFileLacks) {
  const std::string message = Refusal(Open({{"w", Entry("F32", {2}, 0, 8)}}, "1234"));
  EXPECT_THAT(message, HasSubstr("tensor w"));
  EXPECT_THAT(message, HasSubstr("cut short"));
}

TEST_F(Safetensors, RefusesEveryTruncationOfAGoodFile) {
  const json header = {{"w", Entry("F32", {2}, 0, 8)}};
  ASSERT_TRUE(Open(header, "12345678"));
  const auto size = std::filesystem::file_size(path_);
  for (std::uintmax_t length = 0; length < size; ++length) {
    std::filesystem::resize_file(path_, length);
    EXPECT_FALSE(SafetensorsFile::Open(path_).has_value()) << length << " bytes";
    ASSERT_TRUE(Open(header, "12345678"));
  }
}

TEST_F(Safetensors, RefusesOverlappingTensors) {
  const std::string message =
      Refusal(Open({{"a", Entry("U8", {4}, 0, 4)}, {"b", Entry("U8", {4}, 3, 7)}}, "1234567"));
  EXPECT_THAT(message, HasSubstr("a and b overlap"));
}

TEST_F(Safetensors, RefusesBytesThatBelongToNoTensor) {
  EXPECT_THAT(Refusal(Open({{"a", Entry("U8", {4}, 1, 5)}}, "12345")), HasSubstr("bytes 0 to 1"));
  EXPECT_THAT(
      Refusal(Open({{"a", Entry("U8", {4}, 0, 4)}, {"b", Entry("U8", {1}, 5, 6)}}, "123456")),
      HasSubstr("bytes 4 to 5"));
  EXPECT_THAT(Refusal(Open({{"a", Entry("U8", {4}, 0, 4)}}, "12345")), HasSubstr("bytes 4 to 5"));
}

TEST_F(Safetensors, RefusesNamesAndFieldsThatComeTwice) {
  const std::string entry = Entry("U8", {1}, 0, 1).dump();
  WriteSafetensors(path_, "{\"w\":" + entry + ",\"w\":" + entry + "}", "1");
  EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("tensor w: is there twice"));
  WriteSafetensors(path_, R"({"w":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                   "1");
  EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("dtype twice"));
  WriteSafetensors(path_, R"({"__metadata__":{},"__metadata__":{}})", "");
  EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("twice"));
}

TEST_F(Safetensors, StopsAtNestingThatNoHeaderHas) {
  const std::string deep(10'000'000, '[');
  for (const std::string& header :
       {"{\"w\":" + deep, R"({"w":{"shape":)" + deep, R"({"__metadata__":{"a":)" + deep,
        R"({"w":{"dtype":"U8","x":{"y":{}}}})" + std::string()}) {
    WriteSafetensors(path_, header, "");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("nested"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
  }
  WriteSafetensors(path_, "[]", "");
  EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("not a JSON object"));
}

TEST_F(Safetensors, ReadsBytesInMemory) {
  const std::string text = R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  const std::uint64_t length = text.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  file += text + "ab";
  const auto* bytes = reinterpret_cast<const std::byte*>(file.data());
  const auto contents = ParseSafetensors(bytes, file.size());
  ASSERT_TRUE(contents) << contents.error().message();
  EXPECT_EQ(contents->tensors.at("w").bytes, bytes + file.size() - 2);
  EXPECT_FALSE(ParseSafetensors(bytes, file.size() - 1));
}

TEST_F(Safetensors, RefusesAHeaderLongerThanTheFileOrTheLimit) {
  WriteText(path_, std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F{}", 10));
  EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("header"));
  WriteText(path_, std::string("\x00\x00\x00\x00\x00\x00\x00\x00", 8));
  Refusal(SafetensorsFile::Open(path_));
}

TEST_F(Safetensors, RefusesSizesThatDoNotFitTheShape) {
  EXPECT_THAT(Refusal(Open({{"w", Entry("F32", {3}, 0, 8)}}, "12345678")), HasSubstr("shape"));
  // The product overflows 64 bits to exactly 0.
  const std::int64_t huge = std::int64_t{1} << 62U;
  Refusal(Open({{"w", Entry("F32", {huge, 4}, 0, 0)}}, ""));
}

TEST_F(Safetensors, RefusesNegativeBackwardAndFractionalNumbers) {
  Refusal(Open({{"w", {{"dtype", "U8"}, {"shape", {-1}}, {"data_offsets", {0, 1}}}}}, "1"));
  Refusal(Open({{"w", Entry("U8", {1}, 1, 0)}}, "1"));
  Refusal(Open({{"w", {{"dtype", "U8"}, {"shape", {1}}, {"data_offsets", {0, 1.5}}}}}, "1"));
  Refusal(Open({{"w", 7}}, "1"));
  Refusal(Open({{"w", {{"dtype", "U8"}, {"shape", {1}}}}}, "1"));
}

TEST_F(Safetensors, SaysWhichTypeItCannotRead) {
  const auto file = Open({{"w", Entry("F8_E4M3", {1}, 0, 1)}}, "1");
  EXPECT_THAT(Refusal(file, ErrorCode::kUnsupported), HasSubstr("tensor w: has dtype F8_E4M3"));
}

TEST_F(Safetensors, RefusesPicklesAndSaysHowToConvertThem) {
  const std::string bin = folder_ / "pytorch_model.bin";
  WriteText(bin, "anything at all");
  EXPECT_THAT(Refusal(SafetensorsFile::Open(bin)), HasSubstr("safe_serialization"));
  WriteText(path_, std::string("PK\x03\x04") + std::string(100, 'x'));
  EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("pickle"));
  WriteText(path_, std::string("\x80\x02}q\x01.", 6) + std::string(100, 'x'));
  EXPECT_THAT(Refusal(SafetensorsFile::Open(path_)), HasSubstr("pickle"));
}

TEST_F(Safetensors, ReadsAHeaderWhoseLengthLooksLikeAPickle) {
  // 0x0280 = 640 bytes: the file begins with the bytes of a pickle of protocol 2.
  std::string header = json({{"w", Entry("U8", {1}, 0, 1)}}).dump();
  header.resize(0x280, ' ');
  WriteSafetensors(path_, header, "1");
  EXPECT_TRUE(SafetensorsFile::Open(path_));
}

TEST_F(Safetensors, HasForgottenBytesAgainWhenTheyAreRead) {
  std::string data(100'000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<char>(i * i % 251);
  }
  const auto file = Open({{"w", Entry("U8", {100'000}, 0, 100'000)}}, data);
  ASSERT_TRUE(file);
  const StoredTensor& tensor = *file.value()->Find("w");
  // The parts at both ends lie in pages that others share.
  for (const std::size_t begin : {std::size_t{0}, std::size_t{1}, std::size_t{5000}}) {
    file.value()->Forget(tensor.bytes + begin, tensor.byte_count - 2 * begin);
    EXPECT_EQ(std::memcmp(tensor.bytes, data.data(), data.size()), 0) << begin;
  }
}

TEST_F(Safetensors, SaysThatAFileIsMissing) {
  EXPECT_THAT(Refusal(SafetensorsFile::Open(folder_ / "none"), ErrorCode::kNotFound),
              HasSubstr("No such file"));
  Refusal(SafetensorsFile::Open(folder_.string()));
}

}  // namespace
}  // namespace weft::models
