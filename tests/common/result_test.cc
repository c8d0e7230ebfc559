#include "common/result.h"

#include <memory>

#include <gtest/gtest.h>

namespace weft {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) {
    return Failure(ErrorCode::kInvalidArgument, std::to_string(number) + " is odd");
  }
  return number / 2;
}

Result<int> Quarter(int number) {
  WEFT_ASSIGN_OR_RETURN(const int half, Half(number));
  WEFT_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckEven(int number, int& checks) {
  WEFT_RETURN_IF_ERROR(Half(number));
  ++checks;
  WEFT_RETURN_IF_ERROR(Quarter(number));
  ++checks;
  return {};
}

Result<std::unique_ptr<int>> Box(int number) {
  return std::make_unique<int>(number);
}

Result<int> Unbox(int number) {
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<int> box, Box(number));
  return *box;
}

TEST(Result, HandsValuesOn) {
  EXPECT_EQ(Quarter(12).value(), 3);
}

TEST(Result, HandsTheFirstErrorOn) {
  EXPECT_EQ(Quarter(7).error().message(), "7 is odd");
  EXPECT_EQ(Quarter(6).error().message(), "3 is odd");
  EXPECT_EQ(Quarter(6).error().code(), ErrorCode::kInvalidArgument);
}

TEST(Result, MovesWhatCannotBeCopied) {
  EXPECT_EQ(Unbox(5).value(), 5);
}

TEST(Status, EndsAFunctionAtTheFirstError) {
  int checks = 0;
  EXPECT_FALSE(CheckEven(3, checks).has_value());
  EXPECT_EQ(checks, 0);
  EXPECT_FALSE(CheckEven(2, checks).has_value());
  EXPECT_EQ(checks, 1);
  EXPECT_TRUE(CheckEven(4, checks).has_value());
  EXPECT_EQ(checks, 3);
}

}  // namespace
}  // namespace weft
