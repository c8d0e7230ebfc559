#include "coordinator/core/heartbeat_pace.h"

#include <gtest/gtest.h>

#include "tests/coordinator/core/farm_script.h"

namespace weft::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

FarmOptions Options(double heartbeats_per_second) {
  FarmOptions options;
  options.heartbeats_per_second = heartbeats_per_second;
  return options;
}

TEST(HeartbeatPace, IsWhatWasAskedForWhileWorkersAreFew) {
  const FarmOptions options = Options(100);
  EXPECT_EQ(HeartbeatPace(0, options), options.heartbeat);
  EXPECT_EQ(HeartbeatPace(100, options), options.heartbeat);
}

TEST(HeartbeatPace, NeverLetsAllOfThemSpeakMoreOftenThanMayBe) {
  const FarmOptions options = Options(100);
  EXPECT_EQ(HeartbeatPace(101, options), seconds(2));
  EXPECT_EQ(HeartbeatPace(200, options), seconds(2));
  EXPECT_EQ(HeartbeatPace(201, options), seconds(4));
}

TEST(HeartbeatPace, RenewsALeaseSeveralTimesHoweverManyWorkersThereAre) {
  FarmOptions options = Options(1);
  options.lease = seconds(30);
  EXPECT_EQ(HeartbeatPace(1'000'000, options), seconds(4));
  options.lease = milliseconds(500);
  EXPECT_EQ(HeartbeatPace(1'000'000, options), options.heartbeat);
}

TEST(HeartbeatPace, IsToldToThoseWhoWereHereBefore) {
  FarmScript farm(Options(1));
  EXPECT_EQ(farm.Say("a", HelloMessage("a", 1)).At("a").worker_welcome().heartbeat_ms(), 1000U);
  EXPECT_TRUE(farm.Say("a", HeartbeatMessage({})).At("a").has_worker_verdict());
  const v1::WorkerWelcome second = farm.Say("b", HelloMessage("b", 1)).At("b").worker_welcome();
  EXPECT_EQ(second.heartbeat_ms(), 2000U);
  EXPECT_EQ(second.silence_ms(), 6000U);
  const v1::WorkerWelcome first = farm.Say("a", HeartbeatMessage({})).At("a").worker_welcome();
  EXPECT_EQ(first.heartbeat_ms(), 2000U);
  EXPECT_EQ(first.silence_ms(), 6000U);
  EXPECT_TRUE(farm.Say("a", HeartbeatMessage({})).At("a").has_worker_verdict());
}

TEST(HeartbeatPace, IsToldTogetherWithWhatIsToBeAbandoned) {
  FarmScript farm(Options(1));
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
  farm.Say("b", HelloMessage("b", 1));
  farm.Say("c", HelloMessage("c", 1));  // Now each may speak once in four seconds.
  const v1::FromCoordinator answer = farm.Say("b", HeartbeatMessage({probe.attempt()})).At("b");
  ASSERT_TRUE(answer.has_worker_welcome());
  EXPECT_EQ(answer.worker_welcome().abandon_size(), 1);
}

}  // namespace
}  // namespace weft::coordinator
