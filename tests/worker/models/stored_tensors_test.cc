#include "worker/models/stored_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"

namespace weft::models {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StoredTensorsTest : public testing::Test {
 protected:
  StoredTensorsTest() {
    WriteSafetensors(folder_ / "m-1-of-2.safetensors",
                     nlohmann::json({{"a", Entry("U8", {1}, 0, 1)}}).dump(), "A");
    WriteSafetensors(
        folder_ / "m-2-of-2.safetensors",
        nlohmann::json({{"b", Entry("U8", {1}, 0, 1)}, {"c", Entry("U8", {1}, 1, 2)}}).dump(),
        "BC");
  }
  Result<StoredTensors> OpenIndex(const nlohmann::json& index) {
    WriteText(index_, index.dump());
    return OpenTensors(index_);
  }
  std::string Refusal(const nlohmann::json& index) {
    const auto stored = OpenIndex(index);
    EXPECT_FALSE(stored);
    return stored ? "" : stored.error().message();
  }

  TestFolder folder_;
  std::string index_ = folder_ / "model.safetensors.index.json";
  nlohmann::json map_ = {
      {"a", "m-1-of-2.safetensors"}, {"b", "m-2-of-2.safetensors"}, {"c", "m-2-of-2.safetensors"}};
};

TEST_F(StoredTensorsTest, ReadsSeveralFilesAsOneThroughTheirIndex) {
  const auto stored = OpenIndex({{"metadata", {{"total_size", 3}}}, {"weight_map", map_}});
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_EQ(stored->tensors.size(), 3U);
  EXPECT_EQ(*stored->tensors.at("c").tensor.bytes, std::byte{'C'});
  EXPECT_EQ(FindWeights(folder_.string(), "model").value(), index_);
}

TEST_F(StoredTensorsTest, KeepsAFileMappedAsLongAsOneOfItsTensorsIsHeld) {
  HeldTensor held;
  {
    auto stored = OpenIndex({{"weight_map", map_}});
    ASSERT_TRUE(stored);
    held = stored->tensors.at("b");
  }
  EXPECT_EQ(held.file.use_count(), 1);
  EXPECT_EQ(*held.tensor.bytes, std::byte{'B'});
}

TEST_F(StoredTensorsTest, RefusesAnIndexThatDoesNotFitItsFiles) {
  EXPECT_THAT(Refusal({{"weight_map", {{"a", "../m-1-of-2.safetensors"}}}}),
              AllOf(HasSubstr(index_), HasSubstr("beside the index")));
  EXPECT_THAT(Refusal({{"weight_map", {{"a", 7}}}}), HasSubstr("beside the index"));
  EXPECT_THAT(Refusal({{"weight_map", {{"x", "m-1-of-2.safetensors"}}}}),
              HasSubstr("m-1-of-2.safetensors: has no tensor x"));
  map_.erase("c");
  EXPECT_THAT(Refusal({{"weight_map", map_}}), HasSubstr("lacks tensor c"));
  EXPECT_THAT(Refusal({{"weight_map", {{"a", "none.safetensors"}}}}), HasSubstr("No such file"));
  EXPECT_THAT(Refusal(nlohmann::json::array()), HasSubstr("not a JSON object"));
}

TEST_F(StoredTensorsTest, PrefersWholeFilesAndFallsBackOnPicklesToRefuseThem) {
  WriteText(folder_ / "x.bin", "");
  EXPECT_EQ(FindWeights(folder_.string(), "model").value(), folder_ / "x.bin");
  WriteText(folder_ / "model.fp16.safetensors", "");
  EXPECT_EQ(FindWeights(folder_.string(), "model").value(), folder_ / "model.fp16.safetensors");
  EXPECT_EQ(FindWeights(folder_ / "none", "model").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft::models
