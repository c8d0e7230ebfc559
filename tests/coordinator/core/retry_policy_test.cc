#include "coordinator/core/retry_policy.h"

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using std::chrono::seconds;

TEST(RetryPolicy, TellsWhatMayHelpFromWhatCannot) {
  EXPECT_EQ(Classify(ErrorCode::kInternal), FailureClass::kTaskError);
  EXPECT_EQ(Classify(ErrorCode::kResourceExhausted), FailureClass::kOutOfMemory);
  EXPECT_EQ(Classify(ErrorCode::kUnavailable), FailureClass::kBusy);
  EXPECT_EQ(Classify(ErrorCode::kInvalidArgument), FailureClass::kBadInput);
  EXPECT_EQ(Classify(ErrorCode::kNoSpace), FailureClass::kBadInput);
  EXPECT_EQ(Classify(ErrorCode::kCancelled), FailureClass::kWithdrawn);
}

TEST(RetryPolicy, RestsLongerAfterEachErrorUpToALimit) {
  const RetryBudget limits = RetryLimits{}.Of(FailureClass::kTaskError);
  EXPECT_EQ(Backoff(limits, 1), seconds(1));
  EXPECT_EQ(Backoff(limits, 2), seconds(2));
  EXPECT_EQ(Backoff(limits, 3), seconds(4));
  EXPECT_EQ(Backoff(limits, 6), seconds(30));
  EXPECT_EQ(Backoff(limits, 4'000'000'000), seconds(30));
}

TEST(RetryPolicy, HasABudgetForEachClass) {
  RetryLimits limits;
  limits.busy.failures_max = 7;
  limits.stalls.failures_max = 2;
  EXPECT_EQ(limits.Of(FailureClass::kBusy).failures_max, 7U);
  EXPECT_EQ(limits.Of(FailureClass::kStalled).failures_max, 2U);
  EXPECT_EQ(limits.Of(FailureClass::kWorkerLost).failures_max, 12U);
  EXPECT_EQ(Name(FailureClass::kOutOfMemory), "lack of memory");
}

}  // namespace
}  // namespace weft::coordinator
