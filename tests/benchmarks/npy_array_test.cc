#include "tests/benchmarks/npy_array.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/test_npy.h"

namespace weft::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NpyArray, HasTypeShapeAndValues) {
  const auto array = ParseNpy(NpyOf("<i2", "2, 3", "abcdefghijkl"));
  ASSERT_TRUE(array) << array.error().message();
  EXPECT_EQ(array->type, "<i2");
  EXPECT_THAT(array->shape, ElementsAre(2, 3));
  EXPECT_EQ(array->values, "abcdefghijkl");
}

TEST(NpyArray, MayHaveOneSideOrNone) {
  const auto row = ParseNpy(NpyOf("|u1", "4,", "abcd"));
  ASSERT_TRUE(row);
  EXPECT_THAT(row->shape, ElementsAre(4));
  const auto number = ParseNpy(NpyOf("<f4", "", "abcd"));
  ASSERT_TRUE(number);
  EXPECT_THAT(number->shape, IsEmpty());
}

TEST(NpyArray, MustHaveTheBytesThatItsShapeAsksFor) {
  for (const char* const shape : {"5,", "3,", "2, 3", "18446744073709551615,",
                                  "4294967296, 4294967296", "99999999999999999999,", "x,", "-4,"}) {
    const auto array = ParseNpy(NpyOf("|u1", shape, "abcd"));
    ASSERT_FALSE(array) << shape;
    EXPECT_EQ(array.error().code(), ErrorCode::kDataLoss) << shape;
  }
}

TEST(NpyArray, MustBeWhole) {
  const std::string bytes = NpyOf("|u1", "4,", "abcd");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseNpy(bytes.substr(0, size))) << size;
  }
}

TEST(NpyArray, OfAnotherOrderOrTypeIsRefused) {
  const auto fortran =
      ParseNpy(NpyOf("{'descr': '|u1', 'fortran_order': True, 'shape': (4,), }", "abcd"));
  ASSERT_FALSE(fortran);
  EXPECT_EQ(fortran.error().code(), ErrorCode::kUnsupported);
  for (const char* const type : {">i2", "|O", "<U1", "|V4"}) {
    const auto array = ParseNpy(NpyOf(type, "1,", "abcd"));
    ASSERT_FALSE(array) << type;
    EXPECT_EQ(array.error().code(), ErrorCode::kUnsupported) << type;
  }
}

}  // namespace
}  // namespace weft::bench
