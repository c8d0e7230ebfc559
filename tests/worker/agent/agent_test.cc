#include "worker/agent/agent.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "common/wire/ids_wire.h"

namespace weft::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

constexpr Time kStart = Time(seconds(100));
constexpr Duration kSilence = seconds(5);

AttemptId Attempt(std::uint32_t number) {
  return {.task = {.job = {"j"}, .stage = Stage::kDenoise, .chunk = 3, .round = 1},
          .number = number,
          .epoch = 1};
}

Heard Welcome() {
  Heard heard;
  v1::WorkerWelcome& welcome = *heard.message.mutable_worker_welcome();
  welcome.set_protocol(1);
  welcome.set_epoch(1);
  welcome.set_heartbeat_ms(1000);
  welcome.set_silence_ms(static_cast<std::uint32_t>(kSilence.count()));
  welcome.set_bulk_address("ipc:///bulk");
  return heard;
}

Heard Assign(const AttemptId& attempt) {
  Heard heard;
  *heard.message.mutable_assign_task()->mutable_task()->mutable_attempt() = ToWire(attempt);
  return heard;
}

Heard Acknowledge(const AttemptId& attempt) {
  Heard heard;
  *heard.message.mutable_outcome_acknowledged()->mutable_attempt() = ToWire(attempt);
  return heard;
}

Agent NewAgent() {
  return Agent({.worker = {"w"}, .instance = {7}, .build = "test", .device = "cpu"});
}

Agent WelcomedAgent() {
  Agent agent = NewAgent();
  agent.Handle(Tick{}, kStart);
  agent.Handle(Welcome(), kStart);
  return agent;
}

int Count(const AgentEffects& effects, v1::ToCoordinator::BodyCase body) {
  int count = 0;
  for (const v1::ToCoordinator& message : effects.messages) {
    count += message.body_case() == body ? 1 : 0;
  }
  return count;
}

TEST(Agent, SaysHelloUntilItIsWelcomed) {
  Agent agent = NewAgent();
  const AgentEffects first = agent.Handle(Tick{}, kStart);
  ASSERT_THAT(first.messages, SizeIs(1));
  EXPECT_EQ(first.messages[0].worker_hello().worker(), "w");
  EXPECT_EQ(first.messages[0].worker_hello().instance(), 7U);
  EXPECT_THAT(agent.Handle(Tick{}, kStart + milliseconds(10)).messages, IsEmpty());
  EXPECT_EQ(Count(agent.Handle(Tick{}, kStart + seconds(1)), v1::ToCoordinator::kWorkerHello), 1);
  EXPECT_EQ(agent.Handle(Welcome(), kStart + seconds(1)).bulk_address, "ipc:///bulk");
  EXPECT_EQ(Count(agent.Handle(Tick{}, kStart + seconds(2)), v1::ToCoordinator::kWorkerHeartbeat),
            1);
}

// The times at which 1,000 agents that were welcomed at once speak next, `beats` heartbeats later.
std::vector<Duration> TimesOfHeartbeats(int beats) {
  constexpr int kAgents = 1000;
  std::vector<Duration> times;
  for (int i = 0; i < kAgents; ++i) {
    Agent agent({.worker = {"w-" + std::to_string(i)}, .instance = {7}, .device = "cpu"});
    agent.Handle(Tick{}, kStart);
    agent.Handle(Welcome(), kStart);
    for (int beat = 0; beat < beats; ++beat) {
      agent.Handle(Tick{}, agent.NextWakeup());
    }
    times.push_back(agent.NextWakeup() - kStart);
  }
  return times;
}

TEST(Agent, SpeaksInItsOwnPartOfAHeartbeatWhoeverElseWasWelcomedThen) {
  constexpr int kParts = 10;
  for (const int beats : {0, 2}) {
    std::array<int, kParts> counts{};
    for (const Duration time : TimesOfHeartbeats(beats)) {
      const Duration since = time - beats * seconds(1) - milliseconds(1);
      ASSERT_GE(since, milliseconds(0));
      ASSERT_LT(since, seconds(1));
      ++counts.at(static_cast<std::size_t>(since / milliseconds(1000 / kParts)));
    }
    // 100 each, were it exact.
    EXPECT_THAT(counts, Each(AllOf(Ge(60), Le(140))));
  }
}

TEST(Agent, AnotherPaceIsTakenFromNowOn) {
  Agent agent = WelcomedAgent();
  agent.Handle(Welcome(), kStart + milliseconds(300));
  EXPECT_EQ(agent.NextWakeup(), kStart + milliseconds(1300));
}

TEST(Agent, StartsATaskOnceHoweverOftenItIsAssigned) {
  Agent agent = WelcomedAgent();
  EXPECT_TRUE(agent.Handle(Assign(Attempt(1)), kStart).start.has_value());
  const AgentEffects repeated = agent.Handle(Assign(Attempt(1)), kStart);
  EXPECT_FALSE(repeated.start.has_value());
  EXPECT_THAT(repeated.messages, IsEmpty());
}

TEST(Agent, GivesASecondTaskBackInsteadOfQueueingIt) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  AttemptId other = Attempt(1);
  other.task.chunk = 9;
  const AgentEffects effects = agent.Handle(Assign(other), kStart);
  EXPECT_FALSE(effects.start.has_value());
  ASSERT_EQ(Count(effects, v1::ToCoordinator::kTaskFailed), 1);
  EXPECT_EQ(FromWire(effects.messages[0].task_failed().error()).code(), ErrorCode::kCancelled);
}

TEST(Agent, HeartbeatsSayHowFarTheTaskIs) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  agent.Handle(TaskMoved{Attempt(1), 0.5}, kStart);
  const AgentEffects effects = agent.Handle(Tick{}, kStart + seconds(1));
  ASSERT_THAT(effects.messages, SizeIs(1));
  ASSERT_EQ(effects.messages[0].worker_heartbeat().running_size(), 1);
  EXPECT_FLOAT_EQ(effects.messages[0].worker_heartbeat().running(0).fraction(), 0.5F);
}

TEST(Agent, AnOutcomeIsASignOfLifeAsWell) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const Time told = kStart + milliseconds(900);
  agent.Handle(TaskSucceeded{Attempt(1), {}}, told);
  EXPECT_EQ(agent.NextWakeup(), told + seconds(1));
  EXPECT_THAT(agent.Handle(Tick{}, kStart + seconds(1)).messages, IsEmpty());
  // Unanswered, it is said again with the heartbeat.
  const AgentEffects again = agent.Handle(Tick{}, told + seconds(1));
  EXPECT_EQ(Count(again, v1::ToCoordinator::kWorkerHeartbeat), 1);
  EXPECT_EQ(Count(again, v1::ToCoordinator::kTaskCompleted), 1);
}

TEST(Agent, TurningATaskDownSaysNothingOfTheOneThatRuns) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  AttemptId other = Attempt(1);
  other.task.chunk = 9;
  const Time due = agent.NextWakeup();
  agent.Handle(Assign(other), due - milliseconds(1));
  EXPECT_EQ(agent.NextWakeup(), due);
}

TEST(Agent, TellsOfItsModelBeforeTheOutcomeOfTheTaskThatLoadedIt) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const AgentEffects changed = agent.Handle(ModelChanged{"key"}, kStart);
  ASSERT_THAT(changed.messages, SizeIs(1));
  EXPECT_EQ(changed.messages[0].worker_heartbeat().warm_model(), "key");
  agent.Handle(TaskSucceeded{Attempt(1), {}}, kStart);
  const AgentEffects later = agent.Handle(Tick{}, kStart + seconds(1));
  EXPECT_EQ(later.messages[0].worker_heartbeat().warm_model(), "key");
}

TEST(Agent, ACoordinatorThatStartedAnewHearsOfItsModelInTheHello) {
  Agent agent = NewAgent();
  EXPECT_TRUE(agent.Handle(Tick{}, kStart).messages[0].worker_hello().has_warm_model());
  agent.Handle(Welcome(), kStart);
  agent.Handle(ModelChanged{"key"}, kStart);
  const AgentEffects silent = agent.Handle(Tick{}, kStart + kSilence);
  ASSERT_EQ(Count(silent, v1::ToCoordinator::kWorkerHello), 1);
  EXPECT_EQ(silent.messages[0].worker_hello().warm_model(), "key");
}

TEST(Agent, RepeatsAnOutcomeUntilItIsAcknowledged) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const AgentEffects told = agent.Handle(TaskSucceeded{Attempt(1), {}}, kStart);
  EXPECT_EQ(Count(told, v1::ToCoordinator::kTaskCompleted), 1);
  const AgentEffects again = agent.Handle(Tick{}, kStart + seconds(1));
  EXPECT_EQ(Count(again, v1::ToCoordinator::kTaskCompleted), 1);
  agent.Handle(Acknowledge(Attempt(1)), kStart + seconds(1));
  const AgentEffects after = agent.Handle(Tick{}, kStart + seconds(2));
  EXPECT_EQ(Count(after, v1::ToCoordinator::kTaskCompleted), 0);
}

TEST(Agent, KeepsAnOutcomeThroughACoordinatorThatFellSilent) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  agent.Handle(Tick{}, kStart + kSilence);  // Says hello again.
  EXPECT_THAT(agent.Handle(TaskSucceeded{Attempt(1), {}}, kStart + kSilence).messages, IsEmpty());
  const AgentEffects hello = agent.Handle(Tick{}, kStart + kSilence + seconds(1));
  ASSERT_EQ(Count(hello, v1::ToCoordinator::kWorkerHello), 1);
  EXPECT_EQ(hello.messages[0].worker_hello().running_size(), 1);
  const AgentEffects welcomed = agent.Handle(Welcome(), kStart + kSilence + seconds(2));
  EXPECT_EQ(Count(welcomed, v1::ToCoordinator::kTaskCompleted), 1);
}

TEST(Agent, KeepsWorkingWhileTheCoordinatorIsAway) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const AgentEffects silent = agent.Handle(Tick{}, kStart + kSilence);
  EXPECT_FALSE(silent.abandon);
  ASSERT_EQ(Count(silent, v1::ToCoordinator::kWorkerHello), 1);
  EXPECT_EQ(silent.messages[0].worker_hello().running_size(), 1);
}

TEST(Agent, StopsATaskThatIsNoLongerItsOwn) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  Heard verdict;
  *verdict.message.mutable_worker_verdict()->add_abandon() = ToWire(Attempt(1));
  EXPECT_TRUE(agent.Handle(verdict, kStart).abandon);
  EXPECT_FALSE(agent.Handle(verdict, kStart).abandon) << "once is enough";
}

TEST(Agent, IgnoresAVerdictOnAnotherAttempt) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(2)), kStart);
  Heard verdict;
  *verdict.message.mutable_worker_verdict()->add_abandon() = ToWire(Attempt(1));
  EXPECT_FALSE(agent.Handle(verdict, kStart).abandon);
}

TEST(Agent, LeavesOnlyAfterItsTaskHasStopped) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const AgentEffects asked = agent.Handle(StopAsked{}, kStart);
  EXPECT_TRUE(asked.abandon);
  EXPECT_FALSE(asked.exit);
  const AgentEffects stopped =
      agent.Handle(TaskErred{Attempt(1), Error(ErrorCode::kCancelled, "stopped")}, kStart);
  EXPECT_TRUE(stopped.exit);
  EXPECT_FALSE(stopped.exit_error.has_value());
  EXPECT_EQ(Count(stopped, v1::ToCoordinator::kTaskFailed), 1);
  EXPECT_EQ(Count(stopped, v1::ToCoordinator::kWorkerGoodbye), 1);
}

TEST(Agent, WhatItTellsCanBeReadWhateverTheTaskHasSaid) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const std::string cut = std::string("\u4E16\u754C").substr(0, 4);
  const AgentEffects told = agent.Handle(
      TaskErred{Attempt(1), Error(ErrorCode::kInvalidArgument, "\"" + cut + "\""), cut}, kStart);
  ASSERT_EQ(Count(told, v1::ToCoordinator::kTaskFailed), 1);
  v1::ToCoordinator read;
  ASSERT_TRUE(read.ParseFromString(told.messages[0].SerializeAsString()));
  EXPECT_EQ(read.task_failed().error().message(), "\"\u4E16\uFFFD\"");
  EXPECT_EQ(read.task_failed().log(), "\u4E16\uFFFD");
}

TEST(Agent, DrainsByFinishingItsTaskAndTellingOfIt) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const AgentEffects asked = agent.Handle(DrainAsked{}, kStart);
  EXPECT_FALSE(asked.abandon);
  EXPECT_FALSE(asked.exit);
  ASSERT_EQ(Count(asked, v1::ToCoordinator::kWorkerHeartbeat), 1);
  EXPECT_TRUE(asked.messages[0].worker_heartbeat().draining());
  EXPECT_FALSE(agent.Handle(TaskSucceeded{Attempt(1), {}}, kStart).exit);
  const AgentEffects told = agent.Handle(Acknowledge(Attempt(1)), kStart);
  EXPECT_TRUE(told.exit);
  EXPECT_EQ(Count(told, v1::ToCoordinator::kWorkerGoodbye), 1);
}

TEST(Agent, StopsAtOnceWhenItIsToldWhileItDrains) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  agent.Handle(DrainAsked{}, kStart);
  EXPECT_TRUE(agent.Handle(StopAsked{}, kStart).abandon);
}

TEST(Agent, TakesNothingWhileItDrains) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  agent.Handle(DrainAsked{}, kStart);
  AttemptId other = Attempt(1);
  other.task.chunk = 9;
  const AgentEffects effects = agent.Handle(Assign(other), kStart);
  EXPECT_FALSE(effects.start.has_value());
  EXPECT_EQ(Count(effects, v1::ToCoordinator::kTaskFailed), 1);
}

TEST(Agent, LeavesAtOnceWhenItDrainsAndHasNothingToDo) {
  EXPECT_TRUE(WelcomedAgent().Handle(DrainAsked{}, kStart).exit);
}

TEST(Agent, KeepsAResultOnDiskUntilItIsAcknowledged) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const AgentEffects done = agent.Handle(TaskSucceeded{Attempt(1), {}}, kStart);
  ASSERT_TRUE(done.keep.has_value());
  EXPECT_EQ(*FromWire(done.keep->task_completed().attempt()), Attempt(1));
  EXPECT_THAT(done.forget, IsEmpty());
  EXPECT_THAT(agent.Handle(Acknowledge(Attempt(1)), kStart).forget,
              ::testing::ElementsAre(Attempt(1)));
}

TEST(Agent, TellsOfWhatAnEarlierLifeHasKept) {
  Agent earlier = WelcomedAgent();
  earlier.Handle(Assign(Attempt(1)), kStart);
  const auto kept = earlier.Handle(TaskSucceeded{Attempt(1), {}}, kStart).keep;
  Agent agent = NewAgent();
  agent.Handle(OutcomeFound{*kept}, kStart);
  const AgentEffects hello = agent.Handle(Tick{}, kStart);
  ASSERT_EQ(hello.messages[0].worker_hello().finished_size(), 1);
  EXPECT_EQ(Count(agent.Handle(Welcome(), kStart), v1::ToCoordinator::kTaskCompleted), 1);
}

// What the transport says of a message that is too long.
Error TooLong() {
  return {ErrorCode::kInvalidArgument, "a message of 2000000 bytes; at most 1048576 are allowed"};
}

TEST(Agent, TellsOfAFailureInPlaceOfAKeptResultThatIsTooLong) {
  Agent earlier = WelcomedAgent();
  earlier.Handle(Assign(Attempt(1)), kStart);
  const auto kept = earlier.Handle(TaskSucceeded{Attempt(1), {}}, kStart).keep;
  Agent agent = NewAgent();
  agent.Handle(OutcomeFound{*kept}, kStart);
  agent.Handle(Tick{}, kStart);
  agent.Handle(Welcome(), kStart);
  const AgentEffects refused = agent.Handle(OutcomeRefused{*kept, TooLong()}, kStart);
  EXPECT_THAT(refused.forget, ::testing::ElementsAre(Attempt(1)));
  ASSERT_EQ(Count(refused, v1::ToCoordinator::kTaskFailed), 1);
  const Error error = FromWire(refused.messages[0].task_failed().error());
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), ::testing::HasSubstr("2000000 bytes"));
  const AgentEffects again = agent.Handle(Tick{}, kStart + seconds(1));
  EXPECT_EQ(Count(again, v1::ToCoordinator::kTaskCompleted), 0);
  EXPECT_EQ(Count(again, v1::ToCoordinator::kTaskFailed), 1);
}

TEST(Agent, TellsOfAFailureThatIsTooLongInOtherWords) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  const AgentEffects told =
      agent.Handle(TaskErred{Attempt(1), Error(ErrorCode::kUnavailable, "long")}, kStart);
  const AgentEffects refused = agent.Handle(OutcomeRefused{told.messages[0], TooLong()}, kStart);
  ASSERT_EQ(Count(refused, v1::ToCoordinator::kTaskFailed), 1);
  EXPECT_EQ(FromWire(refused.messages[0].task_failed().error()).code(), ErrorCode::kUnavailable);
}

TEST(Agent, DoesNotRunAgainWhatItHasFinished) {
  Agent agent = WelcomedAgent();
  agent.Handle(Assign(Attempt(1)), kStart);
  agent.Handle(TaskSucceeded{Attempt(1), {}}, kStart);
  EXPECT_FALSE(agent.Handle(Assign(Attempt(1)), kStart).start.has_value());
  agent.Handle(Acknowledge(Attempt(1)), kStart);
  const AgentEffects late = agent.Handle(Assign(Attempt(1)), kStart);
  EXPECT_FALSE(late.start.has_value());
  EXPECT_THAT(late.messages, IsEmpty());
}

TEST(Agent, LeavesWithTheReasonWhenItIsRefused) {
  Agent agent = NewAgent();
  agent.Handle(Tick{}, kStart);
  Heard refused;
  refused.message.mutable_worker_refused()->set_reason("protocol 1 is too old");
  const AgentEffects effects = agent.Handle(refused, kStart);
  EXPECT_TRUE(effects.exit);
  ASSERT_TRUE(effects.exit_error.has_value());
  EXPECT_THAT(effects.exit_error->message(), ::testing::HasSubstr("protocol 1 is too old"));
}

}  // namespace
}  // namespace weft::worker
