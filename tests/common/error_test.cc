#include "common/error.h"

#include <set>

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Error, NamesThePlacesItPassed) {
  const Error error = Error(ErrorCode::kDataLoss, "bad checksum").Within("chunk 3").Within("job 7");
  EXPECT_EQ(error.message(), "job 7: chunk 3: bad checksum");
  EXPECT_EQ(error.code(), ErrorCode::kDataLoss);
}

TEST(Error, HasANameForEveryCode) {
  std::set<std::string_view> names;
  for (int code = 1; code <= 12; ++code) {
    names.insert(Name(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), 12U);
  EXPECT_EQ(names.count("unknown error"), 0U);
  EXPECT_EQ(Name(static_cast<ErrorCode>(13)), "unknown error");
}

TEST(Error, IsRetriedOnlyWhereAnotherTryMayHelp) {
  const std::set<ErrorCode> retryable = {ErrorCode::kInternal, ErrorCode::kFailedPrecondition,
                                         ErrorCode::kResourceExhausted, ErrorCode::kDataLoss,
                                         ErrorCode::kUnavailable};
  for (int code = 0; code <= 13; ++code) {
    const auto error = static_cast<ErrorCode>(code);
    EXPECT_EQ(IsRetryable(error), retryable.count(error) == 1) << Name(error);
  }
}

}  // namespace
}  // namespace weft
