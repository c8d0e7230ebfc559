#include "worker/media/clip_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::media {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

constexpr AVRational kMillisecond{1, 1000};

TEST(TimesOf, CountsFromTheFirstFrame) {
  const ClipTimes times = TimesOf({{2000, 2040, 2080}, 40, kMillisecond, {{25, 1}}});
  EXPECT_DOUBLE_EQ(times.start_seconds, 2);
  EXPECT_THAT(times.seconds,
              ElementsAre(DoubleNear(0, 1e-9), DoubleNear(0.04, 1e-9), DoubleNear(0.08, 1e-9)));
  EXPECT_NEAR(times.duration_seconds, 0.12, 1e-9);
}

TEST(TimesOf, TakesRoundedTimeStampsForAConstantRate) {
  const ClipTimes times = TimesOf({{0, 42, 83, 125, 167}, 41, kMillisecond, {{24, 1}}});
  EXPECT_FALSE(times.variable_rate);
  EXPECT_EQ(times.rate.num, 24);
  EXPECT_NEAR(times.duration_seconds, 5.0 / 24, 1e-9);
}

TEST(TimesOf, IsNotMisledByAWrongClaim) {
  const ClipTimes times = TimesOf({{0, 100, 200, 300}, 100, kMillisecond, {{0, 0}, {25, 1}}});
  EXPECT_FALSE(times.variable_rate);
  EXPECT_DOUBLE_EQ(av_q2d(times.rate), 10);
}

TEST(TimesOf, SeesAVariableRate) {
  const ClipTimes times = TimesOf({{0, 40, 120, 160, 400}, 80, kMillisecond, {{25, 1}}});
  EXPECT_TRUE(times.variable_rate);
  EXPECT_DOUBLE_EQ(av_q2d(times.rate), 10);
  EXPECT_DOUBLE_EQ(times.duration_seconds, 0.48);
}

TEST(TimesOf, FillsInMissingAndRepeatedTimeStamps) {
  const ClipTimes times =
      TimesOf({{AV_NOPTS_VALUE, 40, 40, AV_NOPTS_VALUE}, 0, kMillisecond, {{25, 1}}});
  EXPECT_THAT(times.seconds, ElementsAre(0, DoubleNear(0.04, 1e-9), DoubleNear(0.08, 1e-9),
                                         DoubleNear(0.12, 1e-9)));
  EXPECT_NEAR(times.duration_seconds, 0.16, 1e-9);
}

TEST(TimesOf, NeedsNoClaimForASingleFrame) {
  const ClipTimes times = TimesOf({{AV_NOPTS_VALUE}, 0, kMillisecond, {}});
  EXPECT_GT(times.duration_seconds, 0);
  EXPECT_GT(times.rate.num, 0);
}

}  // namespace
}  // namespace weft::media
