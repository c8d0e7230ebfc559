// Second attempts beside first ones that take long: the first that is done counts.

#include "coordinator/core/straggler.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/ids_wire.h"
#include "coordinator/core/task_message.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

v1::JobSpec FiveChunks() {
  v1::JobSpec spec = SampleSpec();
  spec.set_chunk_frames(4);
  return spec;
}

// Two workers: "slow" sits on an annotation, "quick" has done all else that could be done.
class StragglerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    job_ = farm_.Submit("token", FiveChunks());
    const v1::Task probe = *farm_.Say("slow", HelloMessage("slow", 1)).Assignment("slow");
    first_ = *farm_.Say("slow", CompletedMessage(probe)).Assignment("slow");
    Reply reply = farm_.Say("quick", HelloMessage("quick", 2));
    while (const auto task = reply.Assignment("quick")) {
      farm_.Pass(seconds(1));
      reply = farm_.Say("quick", CompletedMessage(*task));
    }
  }

  // Both live on; what "quick" is given meanwhile.
  std::optional<v1::Task> LiveFor(int duration_s, const std::vector<v1::AttemptId>& quick = {}) {
    for (int i = 0; i < duration_s; ++i) {
      EXPECT_THAT(farm_.Say("slow", HeartbeatMessage({first_.attempt()}))
                      .At("slow")
                      .worker_verdict()
                      .abandon(),
                  IsEmpty());
      farm_.Say("quick", HeartbeatMessage(quick));
      if (auto task = farm_.Pass(seconds(1)).Assignment("quick"); task.has_value()) {
        return task;
      }
    }
    return std::nullopt;
  }

  static std::string DroppedWith(const v1::Task& task) {
    return OutputPrefix(*FromWire(task.attempt()));
  }

  FarmScript farm_;
  std::string job_;
  v1::Task first_;  // Of "slow".
};

bool IsToldToStop(const Reply& reply, const std::string& peer, const v1::Task& task) {
  return std::any_of(reply.effects.messages.begin(), reply.effects.messages.end(),
                     [&](const Message& message) {
                       const auto& verdict = message.body.worker_verdict();
                       return message.to.value == peer && verdict.abandon_size() == 1 &&
                              *FromWire(verdict.abandon(0)) == *FromWire(task.attempt());
                     });
}

TEST_F(StragglerTest, TriesATaskThatTakesLongOnAnIdleWorkerAsWell) {
  const auto second = LiveFor(30);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->attempt().number(), 2U);
  EXPECT_EQ(*FromWire(second->attempt().task()), *FromWire(first_.attempt().task()));
  EXPECT_NE(second->output_prefix(), first_.output_prefix());
  EXPECT_FALSE(LiveFor(60, {second->attempt()}).has_value()) << "and not a third time";
}

TEST_F(StragglerTest, LeavesATaskAloneThatIsAboutToEnd) {
  for (int i = 0; i < 60; ++i) {
    v1::ToCoordinator beat = HeartbeatMessage({first_.attempt()});
    beat.mutable_worker_heartbeat()->mutable_running(0)->set_fraction(0.99);
    farm_.Say("slow", beat);
    farm_.Say("quick", HeartbeatMessage({}));
    ASSERT_THAT(farm_.Pass(seconds(1)).Assignments(), IsEmpty());
  }
}

TEST_F(StragglerTest, TakesTheSecondWhereThatIsDoneFirst) {
  const v1::Task second = *LiveFor(30);
  const Reply done = farm_.Say("quick", CompletedMessage(second));
  EXPECT_FALSE(done.At("quick").outcome_acknowledged().superseded());
  EXPECT_TRUE(IsToldToStop(done, "slow", first_));
  EXPECT_THAT(done.effects.drops, Contains(DroppedWith(first_)));
  const Reply late = farm_.Say("slow", CompletedMessage(first_));
  EXPECT_TRUE(late.At("slow").outcome_acknowledged().superseded());
}

TEST_F(StragglerTest, TakesTheFirstWhereThatIsDoneFirst) {
  const v1::Task second = *LiveFor(30);
  const Reply done = farm_.Say("slow", CompletedMessage(first_));
  EXPECT_FALSE(done.At("slow").outcome_acknowledged().superseded());
  EXPECT_TRUE(IsToldToStop(done, "quick", second));
  EXPECT_THAT(done.effects.drops, Contains(DroppedWith(second)));
  EXPECT_THAT(done.effects.drops, Not(Contains(DroppedWith(first_))));
  farm_.Restart();
  farm_.Pass(seconds(31));  // What the others were given next is free again.
  farm_.RunAll("third");
  const Reply status = farm_.Say("client", WatchMessage(job_));
  EXPECT_EQ(status.At("client").job_status().state(), v1::JOB_STATE_DONE);
}

TEST_F(StragglerTest, GoesOnWithTheFirstWhereTheSecondFails) {
  const v1::Task second = *LiveFor(30);
  farm_.Say("quick", FailedMessage(second, ErrorCode::kInternal));
  const Reply done = farm_.Say("slow", CompletedMessage(first_));
  EXPECT_FALSE(done.At("slow").outcome_acknowledged().superseded());
}

TEST_F(StragglerTest, GoesOnWithTheSecondWhereTheFirstFails) {
  const v1::Task second = *LiveFor(30);
  const Reply failed = farm_.Say("slow", FailedMessage(first_, ErrorCode::kInternal));
  EXPECT_THAT(failed.effects.records, IsEmpty()) << "it does not count against the task";
  EXPECT_FALSE(
      farm_.Say("quick", CompletedMessage(second)).At("quick").outcome_acknowledged().superseded());
}

TEST_F(StragglerTest, KnowsOnlyTheSecondAfterARestart) {
  const v1::Task second = *LiveFor(30);
  farm_.Restart();
  const Reply quick = farm_.Say("quick", HelloMessage("quick", 2, "cpu", {second.attempt()}));
  EXPECT_THAT(quick.At("quick").worker_welcome().abandon(), IsEmpty());
  const Reply slow = farm_.Say("slow", HelloMessage("slow", 1, "cpu", {first_.attempt()}));
  EXPECT_EQ(slow.At("slow").worker_welcome().abandon_size(), 1);
}

}  // namespace
}  // namespace weft::coordinator
