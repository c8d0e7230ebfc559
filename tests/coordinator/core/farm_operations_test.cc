// What operators and users ask of a farm: pause, resume, retry, drain, terms and limits; and what
// becomes of workers that behave badly.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "common/wire/model_key.h"
#include "coordinator/core/farm.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::ToCoordinator Pause(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_pause_job()->set_job(job);
  return message;
}

v1::ToCoordinator Resume(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_resume_job()->set_job(job);
  return message;
}

v1::ToCoordinator Retry(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_retry_job()->set_job(job);
  return message;
}

v1::ToCoordinator Drain(const std::string& worker, bool undo = false) {
  v1::ToCoordinator message;
  message.mutable_drain_worker()->set_worker(worker);
  message.mutable_drain_worker()->set_undo(undo);
  return message;
}

v1::ToCoordinator SubmitFor(const std::string& token, const std::string& user) {
  v1::ToCoordinator message = SubmitMessage(token, SampleSpec());
  message.mutable_submit_job()->mutable_terms()->set_user(user);
  return message;
}

v1::JobStatus StatusOf(FarmScript& farm, const std::string& job) {
  return farm.Say("client", WatchMessage(job)).At("client").job_status();
}

TEST(FarmOperations, AJobIsAcceptedUntilItStarts) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  EXPECT_EQ(StatusOf(farm, job).state(), v1::JOB_STATE_ACCEPTED);
  farm.Say("w", HelloMessage("w", 1));
  EXPECT_EQ(StatusOf(farm, job).state(), v1::JOB_STATE_RUNNING);
}

v1::ToCoordinator Prioritize(const std::string& job, std::uint32_t priority) {
  v1::ToCoordinator message;
  message.mutable_prioritize_job()->set_job(job);
  message.mutable_prioritize_job()->set_priority(priority);
  return message;
}

TEST(FarmOperations, APrioritizedJobGoesFirstFromThenOnAlsoAfterARestart) {
  FarmScript farm;
  farm.Submit("first", SampleSpec());
  const std::string second = farm.Submit("second", SampleSpec());
  EXPECT_TRUE(farm.Say("client", Prioritize(second, 80)).At("client").has_job_status());
  farm.Restart();
  EXPECT_EQ(farm.Say("w", HelloMessage("w", 1)).Assignment("w")->attempt().task().job(), second);
  const auto refused = farm.Say("client", Prioritize(second, 101)).At("client").request_refused();
  EXPECT_THAT(refused.error().message(), HasSubstr("priority is 101: 0 to 100"));
}

TEST(FarmOperations, APausedJobFinishesWhatRunsAndStartsNothing) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  EXPECT_EQ(farm.Say("client", Pause(job)).At("client").job_status().state(), v1::JOB_STATE_PAUSED);
  const Reply done = farm.Say("w", CompletedMessage(probe));
  EXPECT_FALSE(done.At("w").outcome_acknowledged().superseded());
  EXPECT_THAT(done.Assignments(), IsEmpty());
  farm.Restart();
  farm.Say("w", HelloMessage("w", 1));
  EXPECT_THAT(farm.Pass(seconds(60)).Assignments(), IsEmpty());
  EXPECT_EQ(StatusOf(farm, job).state(), v1::JOB_STATE_PAUSED);
  farm.Say("w", HelloMessage("w", 1));
  const Reply resumed = farm.Say("client", Resume(job));
  EXPECT_TRUE(resumed.Assignment("w").has_value());
  farm.RunAll("w2");
}

TEST(FarmOperations, ALongLogIsCutBetweenCharacters) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  v1::ToCoordinator failure = FailedMessage(probe, ErrorCode::kInvalidArgument);
  std::string log;
  while (log.size() < (16U << 10U) + 7) {
    log += "\u4E16";
  }
  failure.mutable_task_failed()->set_log(log);
  farm.Say("w", failure);
  farm.Restart();  // Reads the records from bytes.
  const std::string kept = StatusOf(farm, job).log();
  EXPECT_EQ(kept.size(), (16U << 10U) / 3 * 3);
  EXPECT_EQ(log.compare(log.size() - kept.size(), kept.size(), kept), 0);
}

TEST(FarmOperations, ARetriedJobGoesOnFromWhatIsDone) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const v1::Task annotate = *farm.Say("w", CompletedMessage(probe)).Assignment("w");
  v1::ToCoordinator failure = FailedMessage(annotate, ErrorCode::kInvalidArgument);
  failure.mutable_task_failed()->set_log("last words");
  farm.Say("w", failure);
  const v1::JobStatus failed = StatusOf(farm, job);
  EXPECT_EQ(failed.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(failed.log(), "last words");
  farm.Restart();
  EXPECT_EQ(StatusOf(farm, job).log(), "last words");
  EXPECT_EQ(farm.Say("client", Retry(job)).At("client").job_status().state(),
            v1::JOB_STATE_RUNNING);
  farm.Restart();
  const v1::Task again = *farm.Say("w", HelloMessage("w", 2)).Assignment("w");
  EXPECT_EQ(again.attempt().task().stage(), v1::STAGE_ANNOTATE);
  farm.Say("w", CompletedMessage(again));
  farm.Say("client", WatchMessage(job));
  farm.RunAll("w2");
}

TEST(FarmOperations, ADoneJobIsNotRetriedNorPaused) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  farm.RunAll("w");
  for (const v1::ToCoordinator& request : {Retry(job), Pause(job), Resume(job)}) {
    const auto answer = farm.Say("client", request).At("client");
    EXPECT_EQ(FromWire(answer.request_refused().error()).code(), ErrorCode::kFailedPrecondition);
  }
  EXPECT_EQ(StatusOf(farm, job).state(), v1::JOB_STATE_DONE);
}

TEST(FarmOperations, ADrainedWorkerIsGivenNothingEvenAfterARestart) {
  FarmScript farm;
  const Reply drained = farm.Say("client", Drain("w"));
  EXPECT_TRUE(drained.At("client").worker_drained().draining());
  EXPECT_TRUE(drained.At("client").worker_drained().is_away());
  EXPECT_EQ(drained.effects.records.size(), 1U);
  farm.Submit("token", SampleSpec());
  EXPECT_THAT(farm.Say("w", HelloMessage("w", 1)).Assignments(), IsEmpty());
  farm.Restart();
  EXPECT_THAT(farm.Say("w", HelloMessage("w", 1)).Assignments(), IsEmpty());
  EXPECT_TRUE(farm.Say("client", Drain("w", true)).Assignment("w").has_value());
}

TEST(FarmOperations, AWorkerThatLeavesIsGivenNothing) {
  FarmScript farm;
  v1::ToCoordinator beat = HeartbeatMessage({});
  beat.mutable_worker_heartbeat()->set_draining(true);
  farm.Say("w", HelloMessage("w", 1));
  farm.Say("w", beat);
  farm.Submit("token", SampleSpec());
  EXPECT_THAT(farm.Say("w", beat).Assignments(), IsEmpty());
  EXPECT_TRUE(farm.Say("w", HeartbeatMessage({})).Assignment("w").has_value());
}

TEST(FarmOperations, RefusesAJobThatNoConnectedWorkerCouldRun) {
  FarmScript farm;
  farm.Say("w", HelloMessage("w", 1));
  v1::ToCoordinator request = SubmitMessage("token", SampleSpec());
  request.mutable_submit_job()->mutable_terms()->add_tags("nvme");
  auto answer = farm.Say("client", request).At("client");
  EXPECT_EQ(answer.request_refused().kind(), v1::REFUSAL_KIND_NOT_COMPATIBLE);
  EXPECT_THAT(answer.request_refused().error().message(), HasSubstr("tag nvme"));
  request.mutable_submit_job()->mutable_terms()->set_wait_for_workers(true);
  answer = farm.Say("client", request).At("client");
  EXPECT_TRUE(answer.has_job_submitted());
  v1::ToCoordinator hello = HelloMessage("n", 2);
  hello.mutable_worker_hello()->add_tags("nvme");
  EXPECT_TRUE(farm.Say("n", hello).Assignment("n").has_value());
}

TEST(FarmOperations, LimitsAUsersJobsAndNobodyElses) {
  FarmOptions options;
  options.user_jobs_max = 1;
  FarmScript farm(options);
  EXPECT_TRUE(farm.Say("client", SubmitFor("a1", "ann")).At("client").has_job_submitted());
  const auto refused = farm.Say("client", SubmitFor("a2", "ann")).At("client");
  EXPECT_EQ(refused.request_refused().kind(), v1::REFUSAL_KIND_OVER_LIMIT);
  EXPECT_TRUE(farm.Say("client", SubmitFor("a1", "ann")).At("client").job_submitted().existed());
  EXPECT_TRUE(farm.Say("client", SubmitFor("b1", "bob")).At("client").has_job_submitted());
}

TEST(FarmOperations, LimitsHowManyTasksOfAUserRun) {
  FarmOptions options;
  options.user_running_max = 1;
  FarmScript farm(options);
  farm.Say("client", SubmitFor("a1", "ann"));
  farm.Say("client", SubmitFor("a2", "ann"));
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  EXPECT_THAT(farm.Say("v", HelloMessage("v", 2)).Assignments(), IsEmpty());
  EXPECT_EQ(farm.Say("w", CompletedMessage(probe)).Assignments().size(), 1U);
}

TEST(FarmOperations, GivesATaskRatherToAWorkerThatSaysItHasItsModel) {
  FarmScript farm;
  farm.Submit("first", SampleSpec());
  const v1::Task probe = *farm.Say("c", HelloMessage("c", 1)).Assignment("c");
  farm.Say("client", Pause(probe.attempt().task().job()));
  farm.Say("c", CompletedMessage(probe));
  farm.Say("a", HelloMessage("a", 2));  // Before the others in every order but warmth.
  farm.Say("b", HelloMessage("b", 2));
  v1::ToCoordinator beat = HeartbeatMessage({});
  beat.mutable_worker_heartbeat()->set_warm_model(ModelKey(SampleSpec()));
  farm.Say("b", beat);
  const Reply reply = farm.Say("client", Resume(probe.attempt().task().job()));
  // The first chunk, though a comes before b; c has run a task of the job, but has not loaded it.
  EXPECT_EQ(reply.Assignment("b")->attempt().task().chunk(), 0U);
  EXPECT_EQ(reply.Assignment("a")->attempt().task().chunk(), 1U);
}

TEST(FarmOperations, BusyResourcesBackOffWithoutSpendingErrors) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  for (int i = 0; i < 10; ++i) {
    const Reply reply = farm.Say("w", FailedMessage(probe, ErrorCode::kUnavailable));
    EXPECT_EQ(reply.effects.records.front().value.task().errors(), 0U);
    farm.Pass(minutes(2));
    farm.Say("w", HelloMessage("w", 1));
    probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  }
}

TEST(FarmOperations, AnAttemptThatDoesNotMoveIsGivenUp) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  bool abandoned = false;
  for (int i = 0; i < 35 * 60 && !abandoned; ++i) {
    farm.Pass(seconds(1));
    abandoned =
        farm.Say("w", HeartbeatMessage({probe.attempt()})).At("w").worker_verdict().abandon_size() >
        0;
  }
  EXPECT_TRUE(abandoned);
  EXPECT_GE(farm.Now(), Time(minutes(30)));
}

TEST(FarmOperations, SetsAsideAWorkerThatFailsAtOneTaskAfterTheOther) {
  FarmScript farm;
  for (int i = 0; i < 8; ++i) {
    farm.Submit("token" + std::to_string(i), SampleSpec());
  }
  farm.Say("other", HelloMessage("other", 2));
  Reply reply = farm.Say("bad", HelloMessage("bad", 3));
  for (int i = 0; i < 3; ++i) {
    const auto task = reply.Assignment("bad");
    if (!task.has_value()) {
      break;
    }
    reply = farm.Say("bad", FailedMessage(*task, ErrorCode::kInternal));
  }
  EXPECT_TRUE(farm.Subject().State().workers.IsBarred({"bad"}, WorkerTable::Bar::kAside));
}

v1::Task WithEpoch(v1::Task task, std::uint64_t epoch) {
  task.mutable_attempt()->set_epoch(epoch);
  return task;
}

v1::Task OfUnknownJob(v1::Task task) {
  task.mutable_attempt()->mutable_task()->set_job("j-nobody");
  return task;
}

// A worker that claims what cannot be is set aside after the third time; the farm goes on without.
TEST(FarmOperations, SetsAsideAWorkerThatClaimsWhatCannotBe) {
  for (const bool unknown_job : {true, false}) {
    FarmScript farm;
    farm.Submit("token", SampleSpec());
    const v1::Task probe = *farm.Say("liar", HelloMessage("liar", 1)).Assignment("liar");
    const v1::Task claim = unknown_job ? OfUnknownJob(probe) : WithEpoch(probe, 7);
    for (int i = 0; i < 3; ++i) {
      const Reply reply = farm.Say("liar", CompletedMessage(claim));
      EXPECT_TRUE(reply.At("liar").outcome_acknowledged().superseded());
    }
    const WorkerTable& workers = farm.Subject().State().workers;
    EXPECT_TRUE(workers.IsBarred({"liar"}, WorkerTable::Bar::kAside));
    EXPECT_FALSE(workers.IsIdle({"liar"}));
    farm.Pass(seconds(31));
    EXPECT_TRUE(farm.Say("good", HelloMessage("good", 2)).Assignment("good").has_value());
    farm.Pass(minutes(10));
    EXPECT_FALSE(workers.IsBarred({"liar"}, WorkerTable::Bar::kAside));
  }
}

TEST(FarmOperations, ACopyHasEpochsOfItsOwnAndBlamesNobodyForWhatItDoesNotKnow) {
  FarmOptions options;
  options.copied_epoch_step = 1000;
  FarmScript farm(options);
  const std::uint64_t before = farm.Subject().State().epoch;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const v1::Task lost = WithEpoch(OfUnknownJob(probe), before + 3);  // Of lives after the copy.
  farm.RestartOnACopy();
  EXPECT_EQ(farm.Subject().State().epoch, before + 1000);
  farm.Say("w", HelloMessage("w", 1, "cpu", {lost.attempt()}));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(
        farm.Say("w", HeartbeatMessage({lost.attempt()})).At("w").worker_verdict().abandon_size(),
        1);
  }
  EXPECT_TRUE(farm.Say("w", CompletedMessage(lost)).At("w").outcome_acknowledged().superseded());
  EXPECT_FALSE(farm.Subject().State().workers.IsBarred({"w"}, WorkerTable::Bar::kAside));
  farm.Restart();
  EXPECT_EQ(farm.Subject().State().epoch, before + 1001) << "one further";
  farm.Say("late", HelloMessage("late", 1, "cpu", {lost.attempt()}));
  for (int i = 0; i < 10; ++i) {
    farm.Say("late", HeartbeatMessage({lost.attempt()}));
  }
  EXPECT_FALSE(farm.Subject().State().workers.IsBarred({"late"}, WorkerTable::Bar::kAside));
  farm.RunAll("w2");
}

TEST(FarmOperations, DoesNotBlameAWorkerForAnOlderAttemptOfItsOwn) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task first = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
  farm.Pass(seconds(31));
  farm.Say("b", HelloMessage("b", 2));
  farm.Say("a", HelloMessage("a", 1));
  for (int i = 0; i < 5; ++i) {
    farm.Say("a", CompletedMessage(first));
  }
  EXPECT_FALSE(farm.Subject().State().workers.IsBarred({"a"}, WorkerTable::Bar::kAside));
}

TEST(FarmOperations, SetsAsideAWorkerThatFloods) {
  FarmScript farm;
  farm.Say("w", HelloMessage("w", 1));
  std::size_t answers = 0;
  for (int i = 0; i < 2000; ++i) {
    answers += farm.Say("w", HeartbeatMessage({})).effects.messages.size();
  }
  EXPECT_LT(answers, 1000U);
  EXPECT_TRUE(farm.Subject().State().workers.IsBarred({"w"}, WorkerTable::Bar::kAside));
}

TEST(FarmOperations, TakesAResultThatALaterLifeOfItsWorkerHasKept) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("old", HelloMessage("w", 1)).Assignment("old");
  v1::ToCoordinator hello = HelloMessage("w", 2, "cpu", {probe.attempt()});
  *hello.mutable_worker_hello()->add_finished() = probe.attempt();
  const Reply reply = farm.Say("new", hello);
  EXPECT_THAT(reply.Assignments(), IsEmpty());
  EXPECT_FALSE(
      farm.Say("new", CompletedMessage(probe)).At("new").outcome_acknowledged().superseded());
}

TEST(FarmOperations, SendsAnAssignmentAgainThatNoHeartbeatNames) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  EXPECT_THAT(farm.Say("w", HeartbeatMessage({})).Assignments(), IsEmpty());
  farm.Pass(seconds(2));
  EXPECT_EQ(farm.Say("w", HeartbeatMessage({})).Assignment("w")->output_prefix(),
            probe.output_prefix());
}

}  // namespace
}  // namespace weft::coordinator
