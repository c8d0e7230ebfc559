#include "common/clock.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(SteadyClock, NeverGoesBack) {
  const SteadyClock clock;
  Time last = clock.Now();
  for (int i = 0; i < 10000; ++i) {
    const Time now = clock.Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SteadyClock, CountsMilliseconds) {
  const SteadyClock clock;
  const auto real_start = std::chrono::steady_clock::now();
  const Time start = clock.Now();
  while (clock.Now() < start + Duration(20)) {
  }
  const auto real_span = std::chrono::steady_clock::now() - real_start;
  EXPECT_GE(real_span, std::chrono::milliseconds(19));
  EXPECT_LT(real_span, std::chrono::seconds(5));
}

TEST(ManualClock, StandsStillUntilItIsAdvanced) {
  ManualClock clock;
  const Time start = clock.Now();
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(std::chrono::seconds(3));
  clock.Advance(Duration(7));
  EXPECT_EQ(clock.Now() - start, Duration(3007));
}

}  // namespace
}  // namespace weft
