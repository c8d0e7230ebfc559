// What a farm makes of troubles that are nobody's fault: its own standstill, a full disk, a plan
// that cannot be, several losses at one moment.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "common/wire/ids_wire.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::JobStatus StatusOf(FarmScript& farm, const std::string& job) {
  return farm.Say("client", WatchMessage(job)).At("client").job_status();
}

std::ptrdiff_t CountEvents(const Reply& reply, const std::string& event) {
  return std::count_if(reply.effects.notes.begin(), reply.effects.notes.end(),
                       [&](const Note& note) { return note.event == event; });
}

// Two workers, each with an annotation.
class FarmTrouble : public ::testing::Test {
 protected:
  void Begin(FarmScript& farm) {
    job_ = farm.Submit("token", SampleSpec());
    const v1::Task probe = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
    a_ = *farm.Say("a", CompletedMessage(probe)).Assignment("a");
    b_ = *farm.Say("b", HelloMessage("b", 2)).Assignment("b");
  }

  std::string job_;
  v1::Task a_;
  v1::Task b_;
};

TEST_F(FarmTrouble, WhatOneWorkerSaysEndsNobodyElsesLease) {
  FarmScript farm;
  Begin(farm);
  farm.Sleep(minutes(1));  // Both have spoken all the time.
  EXPECT_THAT(farm.Say("a", HeartbeatMessage({a_.attempt()})).effects.notes, IsEmpty());
  const Reply heard = farm.Say("b", HeartbeatMessage({b_.attempt()}));
  EXPECT_TRUE(heard.At("b").has_worker_verdict());
  EXPECT_THAT(heard.At("b").worker_verdict().abandon(), IsEmpty());
  EXPECT_THAT(farm.Pass(Duration(0)).effects.notes, IsEmpty());
  EXPECT_EQ(farm.Subject().State().leases.All().size(), 2U);
}

TEST_F(FarmTrouble, WhoHasSaidNothingIsLostAtTheTick) {
  FarmScript farm;
  Begin(farm);
  farm.Sleep(minutes(1));
  farm.Say("a", HeartbeatMessage({a_.attempt()}));
  farm.Pass(Duration(0));
  EXPECT_EQ(farm.Subject().State().totals.attempts_lost, 1U);
}

TEST_F(FarmTrouble, SeveralLeasesThatEndTogetherFailTheirJobOnce) {
  FarmOptions options;
  options.retry.workers_lost.failures_max = 1;
  FarmScript farm(options);
  Begin(farm);
  const Reply ended = farm.Pass(minutes(1));
  EXPECT_EQ(CountEvents(ended, "job.failed"), 1);
  EXPECT_EQ(StatusOf(farm, job_).state(), v1::JOB_STATE_FAILED);
  for (const Task* const task : farm.Subject().State().tasks.OfJob({job_})) {
    EXPECT_NE(task->state, TaskState::kRunning);
  }
}

TEST_F(FarmTrouble, WhatLacksRoomTriesLaterWhileTheDiskIsLow) {
  for (const bool waits : {true, false}) {
    FarmScript farm;
    Begin(farm);
    if (waits) {
      farm.Hold("the disk is low");
    }
    farm.Say("a", FailedMessage(a_, ErrorCode::kNoSpace));
    EXPECT_EQ(StatusOf(farm, job_).state(), waits ? v1::JOB_STATE_RUNNING : v1::JOB_STATE_FAILED);
  }
}

TEST_F(FarmTrouble, ARetryOfWhatCannotBePlannedIsRefused) {
  v1::JobSpec spec = SampleSpec();
  spec.add_anchor_frames(1000);  // Behind the clip's end.
  FarmScript farm;
  const std::string job = farm.Submit("token", spec);
  farm.RunAll("w");
  ASSERT_EQ(StatusOf(farm, job).state(), v1::JOB_STATE_FAILED);
  v1::ToCoordinator retry;
  retry.mutable_retry_job()->set_job(job);
  for (int life = 0; life < 2; ++life) {
    const Error refused =
        FromWire(farm.Say("client", retry).At("client").request_refused().error());
    EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.message(), HasSubstr("anchor_frames: 1000 is no frame of the job"));
    EXPECT_EQ(StatusOf(farm, job).state(), v1::JOB_STATE_FAILED);
    farm.Restart();
  }
}

TEST_F(FarmTrouble, WhatAStoppedReaderEndsAllTheSameDoesNotCount) {
  FarmScript farm;
  Begin(farm);
  farm.Say("b", CompletedMessage(b_));
  Reply reply = farm.Say("a", CompletedMessage(a_));
  auto reader = reply.Assignment("a");
  while (reader && reader->attempt().task().stage() == v1::STAGE_ANNOTATE) {
    reader = farm.Say("a", CompletedMessage(*reader)).Assignment("a");
  }
  ASSERT_TRUE(reader.has_value());
  ASSERT_FALSE(reader->inputs().empty());
  const auto& lost = reader->inputs(0);
  const auto tasks = farm.Subject().State().tasks.All();
  const auto source = std::find_if(tasks.begin(), tasks.end(), [&](const Task* task) {
    return static_cast<int>(task->id.stage) == static_cast<int>(lost.stage()) &&
           task->id.chunk == lost.chunk();
  });
  ASSERT_NE(source, tasks.end());
  const TaskId id = *FromWire(reader->attempt().task());
  farm.RunAgain({(*source)->LatestAttempt()});
  const Reply late = farm.Say("a", CompletedMessage(*reader));
  EXPECT_TRUE(late.At("a").outcome_acknowledged().superseded());
  EXPECT_EQ(farm.Subject().State().tasks.Find(id)->state, TaskState::kWaiting);
}

}  // namespace
}  // namespace weft::coordinator
