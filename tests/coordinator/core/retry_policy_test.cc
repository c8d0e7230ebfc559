#include "coordinator/core/retry_policy.h"

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using std::chrono::seconds;

TEST(RetryPolicy, TellsWhatMayHelpFromWhatCannot) {
  EXPECT_EQ(Classify(ErrorCode::kInternal), FailureClass::kTaskError);
  EXPECT_EQ(Classify(ErrorCode::kResourceExhausted), FailureClass::kTaskError);
  EXPECT_EQ(Classify(ErrorCode::kInvalidArgument), FailureClass::kFinal);
  EXPECT_EQ(Classify(ErrorCode::kNoSpace), FailureClass::kFinal);
  EXPECT_EQ(Classify(ErrorCode::kCancelled), FailureClass::kWithdrawn);
}

TEST(RetryPolicy, RestsLongerAfterEachErrorUpToALimit) {
  const RetryLimits limits;
  EXPECT_EQ(Backoff(limits, 1), seconds(1));
  EXPECT_EQ(Backoff(limits, 2), seconds(2));
  EXPECT_EQ(Backoff(limits, 3), seconds(4));
  EXPECT_EQ(Backoff(limits, 6), seconds(30));
  EXPECT_EQ(Backoff(limits, 4'000'000'000), seconds(30));
}

}  // namespace
}  // namespace weft::coordinator
