#include "worker/models/safetensors.h"

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

TEST_F(Safetensors, SaysThatAFileIsMissing) {
  EXPECT_THAT(Refusal(SafetensorsFile::Open(folder_ / "none"), ErrorCode::kNotFound),
              HasSubstr("No such file"));
  Refusal(SafetensorsFile::Open(folder_.string()));
}

}  // namespace
}  // namespace weft::models
