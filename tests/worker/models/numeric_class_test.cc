#include "worker/models/numeric_class.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(NumericClass, NamesDeviceAndLibraries) {
  const auto name = NumericClass("cpu");
  ASSERT_TRUE(name);
  EXPECT_THAT(*name, StartsWith("cpu, "));
  EXPECT_THAT(*name, HasSubstr("LibTorch "));
  EXPECT_THAT(*name, HasSubstr("oneDNN v"));
  EXPECT_THAT(*name, HasSubstr("BLAS"));
  EXPECT_THAT(*name, HasSubstr("Weft " WEFT_VERSION));
  EXPECT_EQ(*NumericClass("cpu"), *name);
}

TEST(NumericClass, OffersBfloat16OnlyWhereTheProcessorHasIt) {
  EXPECT_THAT(DataTypesOf("cpu"), Contains(DataType::kFloat32));
  EXPECT_THAT(DataTypesOf("cpu"), Not(Contains(DataType::kFloat16)));
  const auto types = DataTypesOf("cpu");
  EXPECT_EQ(std::count(types.begin(), types.end(), DataType::kBfloat16), HasBfloat16() ? 1 : 0);
}

}  // namespace
}  // namespace weft::models
