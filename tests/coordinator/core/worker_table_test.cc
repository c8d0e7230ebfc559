#include "coordinator/core/worker_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Duration kSilence = seconds(5);
constexpr Time kStart{};

Worker SomeWorker(const std::string& name, std::uint64_t instance, const std::string& peer) {
  return {.self = {{name}, {instance}},
          .peer = {peer},
          .capability = {.device = "cpu"},
          .last_heard = kStart};
}

TEST(WorkerTable, KnowsAWorkerByItsConnectionAfterItsHello) {
  WorkerTable workers(kSilence);
  EXPECT_EQ(workers.OfPeer({"p"}), nullptr);
  EXPECT_FALSE(workers.Greet(SomeWorker("w", 1, "p")).fenced);
  ASSERT_NE(workers.OfPeer({"p"}), nullptr);
  EXPECT_EQ(workers.OfPeer({"p"})->self.worker.value, "w");
  EXPECT_TRUE(workers.IsIdle({"w"}));
  EXPECT_EQ(workers.CountAble({.device = "cpu"}), 1U);
}

TEST(WorkerTable, FollowsAWorkerToItsNewConnection) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("w", 1, "old"));
  const auto greeting = workers.Greet(SomeWorker("w", 1, "new"));
  EXPECT_EQ(greeting.replaced, std::nullopt);
  EXPECT_EQ(workers.OfPeer({"old"}), nullptr);
  EXPECT_NE(workers.OfPeer({"new"}), nullptr);
  EXPECT_EQ(workers.size(), 1U);
  EXPECT_EQ(workers.CountAble({.device = "cpu"}), 1U);
}

TEST(WorkerTable, FencesTheOlderLifeOfAWorkerForEver) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("w", 1, "old"));
  EXPECT_EQ(workers.Greet(SomeWorker("w", 2, "new")).replaced, PeerId{"old"});
  EXPECT_TRUE(workers.Greet(SomeWorker("w", 1, "old")).fenced);
  EXPECT_EQ(workers.Find({"w"})->self.instance, InstanceId{2});
  workers.Leave({"new"});
  EXPECT_TRUE(workers.Greet(SomeWorker("w", 1, "old")).fenced);
}

TEST(WorkerTable, DropsWhoWasSilentForTooLong) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("a", 1, "pa"));
  workers.Greet(SomeWorker("b", 1, "pb"));
  workers.Hear({"pb"}, kStart + seconds(3));
  EXPECT_EQ(workers.NextSilence(), kStart + kSilence);
  EXPECT_THAT(workers.DropSilent(kStart + seconds(4)), IsEmpty());
  const auto silent = workers.DropSilent(kStart + kSilence);
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].self.worker.value, "a");
  EXPECT_FALSE(workers.IsIdle({"a"}));
  EXPECT_TRUE(workers.IsIdle({"b"}));
}

TEST(WorkerTable, WaitsForSeveralHeartbeatsOfTheSlowest) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("a", 1, "pa"));
  workers.Greet(SomeWorker("b", 1, "pb"));
  workers.SetHeartbeat({"a"}, seconds(1));
  EXPECT_EQ(workers.Silence(), kSilence);
  workers.SetHeartbeat({"b"}, seconds(8));
  EXPECT_EQ(workers.Silence(), seconds(24));
  EXPECT_THAT(workers.DropSilent(kStart + seconds(23)), IsEmpty());
  EXPECT_EQ(workers.NextSilence(), kStart + seconds(24));
  workers.Leave({"pb"});
  EXPECT_EQ(workers.Silence(), kSilence);
  EXPECT_EQ(workers.DropSilent(kStart + kSilence).size(), 1U);
}

TEST(WorkerTable, DropsThoseSilentEquallyLongInTheOrderOfTheirNames) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("b", 1, "pb"));
  workers.Greet(SomeWorker("c", 1, "pc"));
  workers.Greet(SomeWorker("a", 1, "pa"));
  workers.Hear({"pb"}, kStart + seconds(1));
  const auto silent = workers.DropSilent(kStart + seconds(1) + kSilence);
  ASSERT_EQ(silent.size(), 3U);
  EXPECT_EQ(silent[0].self.worker.value, "a");
  EXPECT_EQ(silent[1].self.worker.value, "c");
  EXPECT_EQ(silent[2].self.worker.value, "b");
}

TEST(WorkerTable, HoldsOneWorkerForAConnection) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("a", 1, "p"));
  workers.Greet(SomeWorker("b", 1, "p"));
  EXPECT_EQ(workers.size(), 1U);
  EXPECT_EQ(workers.OfPeer({"p"})->self.worker.value, "b");
}

TEST(WorkerTable, DoesNotOfferTheBusy) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("a", 1, "p"));
  workers.SetBusy({"a"}, true);
  EXPECT_EQ(workers.IdleCount(), 0U);
  workers.SetBusy({"a"}, false);
  EXPECT_TRUE(workers.IsIdle({"a"}));
  workers.SetBusy({"nobody"}, false);
  EXPECT_EQ(workers.IdleCount(), 1U);
}

TEST(WorkerTable, DoesNotOfferWhoIsDrainedOrSetAsideOrLeaves) {
  WorkerTable workers(kSilence);
  workers.SetBarred({"a"}, WorkerTable::Bar::kDrained, true);  // Before it is there.
  workers.Greet(SomeWorker("a", 1, "p"));
  EXPECT_FALSE(workers.IsIdle({"a"}));
  EXPECT_EQ(workers.CountAble({}), 0U);
  workers.SetBarred({"a"}, WorkerTable::Bar::kAside, true);
  EXPECT_EQ(workers.CountAble({}), 0U);
  workers.SetBarred({"a"}, WorkerTable::Bar::kDrained, false);
  EXPECT_FALSE(workers.IsIdle({"a"}));
  workers.SetBarred({"a"}, WorkerTable::Bar::kAside, false);
  EXPECT_TRUE(workers.IsIdle({"a"}));
  workers.SetLeaving({"a"}, true);
  EXPECT_FALSE(workers.IsIdle({"a"}));
}

TEST(WorkerTable, KnowsWhichIdleWorkerHasAModelInMemory) {
  WorkerTable workers(kSilence);
  workers.Greet(SomeWorker("a", 1, "pa"));
  workers.Greet(SomeWorker("b", 1, "pb"));
  workers.SetWarm({"b"}, "key");
  const auto& crew = workers.Crews().begin()->second;
  EXPECT_EQ(crew.size, 2U);
  EXPECT_THAT(crew.warm.at("key"), ElementsAre(WorkerId{"b"}));
  workers.SetBusy({"b"}, true);
  EXPECT_EQ(crew.warm.count("key"), 0U);
}

}  // namespace
}  // namespace weft::coordinator
