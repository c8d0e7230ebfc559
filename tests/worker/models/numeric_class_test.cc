#include "worker/models/numeric_class.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
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

TEST(NumericClass, OffersFloat16OnGpusAlone) {
  EXPECT_THAT(DataTypesOf("cpu"), ElementsAre(DataType::kFloat32, DataType::kBfloat16));
  EXPECT_THAT(DataTypesOf("cuda:0"),
              ElementsAre(DataType::kFloat32, DataType::kBfloat16, DataType::kFloat16));
}

}  // namespace
}  // namespace weft::models
