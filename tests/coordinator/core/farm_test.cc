#include "coordinator/core/farm.h"

#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "common/wire/ids_wire.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Farm, AcceptsAJobOnceForAToken) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  EXPECT_EQ(job, "j-" + job.substr(2));
  const auto again = farm.Say("client", SubmitMessage("token", SampleSpec())).At("client");
  EXPECT_EQ(again.job_submitted().job(), job);
  EXPECT_TRUE(again.job_submitted().existed());
}

TEST(Farm, RefusesATokenOfAnotherSpecificationNamingTheField) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  v1::JobSpec other = SampleSpec();
  other.set_steps(11);
  const auto answer = farm.Say("client", SubmitMessage("token", other)).At("client");
  EXPECT_EQ(FromWire(answer.request_refused().error()).code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(answer.request_refused().error().message(), HasSubstr("steps: 10 -> 11"));
}

TEST(Farm, RefusesASpecificationThatCannotBeServed) {
  FarmScript farm;
  v1::JobSpec bad = SampleSpec();
  bad.set_steps(0);
  const auto answer = farm.Say("client", SubmitMessage("token", bad)).At("client");
  EXPECT_THAT(answer.request_refused().error().message(), HasSubstr("steps"));
  EXPECT_THAT(farm.Subject().State().jobs.All(), IsEmpty());
}

TEST(Farm, RecordsAnAssignmentBeforeItIsSent) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const Reply reply = farm.Say("w", HelloMessage("w", 1));
  ASSERT_TRUE(reply.Assignment("w").has_value());
  ASSERT_EQ(reply.effects.records.size(), 2U);
  EXPECT_EQ(reply.effects.records[0].value.job().state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(reply.effects.records[1].value.task().state(), v1::TASK_STATE_RUNNING);
  EXPECT_EQ(reply.effects.records[1].value.task().worker(), "w");
}

TEST(Farm, RunsOneTaskOnAWorkerInTheOrderOfSubmission) {
  FarmScript farm;
  const std::string first = farm.Submit("b", SampleSpec());
  farm.Submit("a", SampleSpec());
  const Reply reply = farm.Say("w", HelloMessage("w", 1));
  EXPECT_EQ(reply.Assignments().size(), 1U);
  EXPECT_EQ(reply.Assignment("w")->attempt().task().job(), first);
}

TEST(Farm, GivesAJobOnlyToWorkersWithItsDevice) {
  FarmScript farm;
  v1::JobSpec spec = SampleSpec();
  spec.set_device("cuda");
  farm.Submit("token", spec);
  Reply reply = farm.Say("w", HelloMessage("w", 1));
  const v1::Task probe = *reply.Assignment("w");  // Any worker may look at a file.
  reply = farm.Say("w", CompletedMessage(probe));
  EXPECT_THAT(reply.Assignments(), IsEmpty());
  EXPECT_TRUE(farm.Say("g", HelloMessage("g", 2, "cuda")).Assignment("g").has_value());
}

TEST(Farm, AsksAnUnknownPeerToSayHello) {
  FarmScript farm;
  EXPECT_TRUE(farm.Say("stranger", HeartbeatMessage({})).At("stranger").has_hello_required());
}

TEST(Farm, RefusesAWorkerOfAnotherProtocolSayingItsOwn) {
  FarmScript farm;
  v1::ToCoordinator hello = HelloMessage("w", 1);
  hello.mutable_worker_hello()->set_protocol_min(kProtocolMax + 1);
  hello.mutable_worker_hello()->set_protocol_max(kProtocolMax + 2);
  const auto answer = farm.Say("w", hello).At("w");
  EXPECT_EQ(answer.worker_refused().protocol_max(), kProtocolMax);
  EXPECT_THAT(
      answer.worker_refused().reason(),
      HasSubstr(std::to_string(kProtocolMax + 1) + " to " + std::to_string(kProtocolMax + 2)));
}

TEST(Farm, AcknowledgesARepeatedOutcomeAgain) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  for (int i = 0; i < 2; ++i) {
    const auto answer = farm.Say("w", CompletedMessage(probe)).At("w");
    EXPECT_FALSE(answer.outcome_acknowledged().superseded());
  }
}

TEST(Farm, DropsTheLateResultOfAnOlderAttempt) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task first = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
  farm.Pass(seconds(31));
  const v1::Task second = *farm.Say("b", HelloMessage("b", 2)).Assignment("b");
  EXPECT_EQ(second.attempt().number(), 2U);
  EXPECT_NE(first.output_prefix(), second.output_prefix());
  farm.Say("a", HelloMessage("a", 1));
  EXPECT_TRUE(farm.Say("a", CompletedMessage(first)).At("a").outcome_acknowledged().superseded());
  EXPECT_FALSE(farm.Say("b", CompletedMessage(second)).At("b").outcome_acknowledged().superseded());
}

TEST(Farm, TakesALateResultWhileNoNewerAttemptWasStarted) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
  farm.Pass(seconds(31));
  // The hello admits to running it, so the worker is given nothing new.
  farm.Say("a", HelloMessage("a", 1, "cpu", {probe.attempt()}));
  EXPECT_FALSE(farm.Say("a", CompletedMessage(probe)).At("a").outcome_acknowledged().superseded());
}

TEST(Farm, KeepsAnAttemptAsLongAsHeartbeatsNameIt) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  for (int i = 0; i < 60; ++i) {
    farm.Pass(seconds(1));
    const auto verdict = farm.Say("w", HeartbeatMessage({probe.attempt()})).At("w");
    ASSERT_THAT(verdict.worker_verdict().abandon(), IsEmpty());
  }
}

TEST(Farm, TellsAWorkerToAbandonWhatIsNotItsOwn) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
  farm.Say("b", HelloMessage("b", 2));
  const auto verdict = farm.Say("b", HeartbeatMessage({probe.attempt()})).At("b");
  EXPECT_EQ(verdict.worker_verdict().abandon_size(), 1);
}

TEST(Farm, RequeuesAtOnceWhatAnOlderLifeOfAWorkerHeld) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task first = *farm.Say("old", HelloMessage("w", 1)).Assignment("old");
  const Reply reply = farm.Say("new", HelloMessage("w", 2));
  EXPECT_TRUE(reply.At("old").has_worker_shutdown());
  const v1::Task second = *reply.Assignment("new");
  EXPECT_EQ(second.attempt().number(), first.attempt().number() + 1);
  EXPECT_TRUE(farm.Say("old", HelloMessage("w", 1)).At("old").has_worker_shutdown());
}

TEST(Farm, SendsALostAssignmentAgainWhenItsWorkerSaysHello) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const Reply reply = farm.Say("w2", HelloMessage("w", 1));
  EXPECT_EQ(reply.Assignment("w2")->output_prefix(), probe.output_prefix());
  EXPECT_THAT(reply.effects.records, IsEmpty());
}

TEST(Farm, GivesWhatALeavingWorkerHeldToAnotherAndCountsNothing) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  farm.Say("a", HelloMessage("a", 1));
  farm.Say("b", HelloMessage("b", 2));
  v1::ToCoordinator goodbye;
  goodbye.mutable_worker_goodbye();
  const Reply reply = farm.Say("a", goodbye);
  EXPECT_TRUE(reply.Assignment("b").has_value());
  EXPECT_EQ(reply.effects.records.back().value.task().workers_lost(), 0U);
}

TEST(Farm, GivesNothingToAWorkerThatWithdrawsUntilItIsHeardAgain) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
  const Reply reply = farm.Say("a", FailedMessage(probe, ErrorCode::kCancelled));
  EXPECT_THAT(reply.Assignments(), IsEmpty());
  EXPECT_EQ(reply.effects.records.back().value.task().errors(), 0U);
  EXPECT_TRUE(farm.Say("a", HeartbeatMessage({})).Assignment("a").has_value());
}

TEST(Farm, TriesAFailedTaskElsewhereAfterARest) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("a", HelloMessage("a", 1)).Assignment("a");
  farm.Say("b", HelloMessage("b", 2));
  EXPECT_THAT(farm.Say("a", FailedMessage(probe, ErrorCode::kInternal)).Assignments(), IsEmpty());
  EXPECT_TRUE(farm.Pass(seconds(1)).Assignment("b").has_value());
}

TEST(Farm, FailsAJobAfterThreeErrorsOfATask) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  for (int i = 0; i < 2; ++i) {
    farm.Say("w", FailedMessage(probe, ErrorCode::kInternal));
    farm.Say("w", HeartbeatMessage({}));
    probe = *farm.Pass(seconds(2)).Assignment("w");
  }
  farm.Say("w", FailedMessage(probe, ErrorCode::kInternal));
  const auto status = farm.Say("client", WatchMessage(job)).At("client").job_status();
  EXPECT_EQ(status.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(status.error().message(), "probe: error 3 of 3: it broke");
  EXPECT_EQ(status.notes_size(), 2);
}

TEST(Farm, SaysWhereTheResultHasFewerBitsThanTheClip) {
  const v1::JobSpec deflicker = SampleDeflicker();
  v1::JobSpec deep = deflicker;
  deep.set_high_bit_depth(true);
  const std::string less = "the clip has 10 bits a colour, the result has 8";
  for (const auto& [spec, bits, said] :
       {std::tuple(SampleSpec(), 8, std::string()), std::tuple(SampleSpec(), 10, less),
        std::tuple(deflicker, 10, less + "; --high-bit-depth keeps more"),
        std::tuple(deep, 10, std::string())}) {
    FarmScript farm;
    const std::string job = farm.Submit("token", spec);
    const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
    v1::Clip clip = SampleClip(20);
    clip.set_bits(static_cast<std::uint32_t>(bits));
    farm.Say("w", CompletedMessage(probe, clip));
    const auto status = farm.Say("client", WatchMessage(job)).At("client").job_status();
    ASSERT_FALSE(status.state() == v1::JOB_STATE_FAILED) << status.error().message();
    EXPECT_EQ(status.notes_size() > 0 ? status.notes(0) : "", said);
  }
}

TEST(Farm, FailsAJobAtOnceOnBadInput) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  farm.Say("w", FailedMessage(probe, ErrorCode::kInvalidArgument));
  const auto status = farm.Say("client", WatchMessage(job)).At("client").job_status();
  EXPECT_EQ(status.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(FromWire(status.error()).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(status.error().message(), "probe: it broke");
}

TEST(Farm, FailsAJobWhoseTaskKillsEveryWorker) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  for (std::uint64_t life = 1; life <= 13; ++life) {
    farm.Say("w" + std::to_string(life), HelloMessage("w", life));
  }
  const auto status = farm.Say("client", WatchMessage(job)).At("client").job_status();
  EXPECT_EQ(status.state(), v1::JOB_STATE_FAILED);
  EXPECT_THAT(status.error().message(), HasSubstr("lost worker 12 of 12"));
}

TEST(Farm, RefusesOutputsThatWereNotAskedFor) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const v1::Task annotate = *farm.Say("w", CompletedMessage(probe)).Assignment("w");
  v1::ToCoordinator wrong = CompletedMessage(annotate);
  wrong.mutable_task_completed()->mutable_result()->mutable_outputs(0)->mutable_blob()->set_key(
      "x");
  const Reply reply = farm.Say("w", wrong);
  EXPECT_TRUE(reply.At("w").outcome_acknowledged().superseded());
  EXPECT_EQ(reply.effects.records.front().value.task().bad_outputs(), 1U);
  EXPECT_EQ(reply.effects.records.front().value.task().state(), v1::TASK_STATE_WAITING);
}

TEST(Farm, HoldsAProbeThatMakesNoSenseAgainstItsWorker) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  v1::ToCoordinator wrong = CompletedMessage(probe);
  wrong.mutable_task_completed()->mutable_result()->mutable_clip()->set_frame_count(0);
  const Reply reply = farm.Say("w", wrong);
  EXPECT_TRUE(reply.At("w").outcome_acknowledged().superseded());
  farm.Say("v", HelloMessage("v", 2));
  const auto again = farm.Pass(seconds(2)).Assignment("v");
  ASSERT_TRUE(again.has_value()) << "another worker tries it";
  EXPECT_FALSE(farm.Say("v", CompletedMessage(*again)).At("v").outcome_acknowledged().superseded());
}

TEST(Farm, StopsWhatRunsWhenAJobIsCancelled) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  v1::ToCoordinator cancel;
  cancel.mutable_cancel_job()->set_job(job);
  const Reply reply = farm.Say("client", cancel);
  EXPECT_EQ(reply.At("w").worker_verdict().abandon_size(), 1);
  EXPECT_EQ(reply.At("client").job_status().state(), v1::JOB_STATE_CANCELLED);
  EXPECT_TRUE(farm.Say("w", CompletedMessage(probe)).At("w").outcome_acknowledged().superseded());
  EXPECT_EQ(farm.Subject().NextWakeup(), farm.Now() + seconds(5));  // Only the worker's silence.
}

TEST(Farm, TellsAWatchingClientEverySecondAndAtTheEnd) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  EXPECT_TRUE(farm.Say("client", WatchMessage(job)).At("client").has_job_status());
  EXPECT_THAT(farm.Pass(Duration(500)).effects.messages, IsEmpty());
  EXPECT_EQ(farm.Pass(Duration(500)).At("client").job_status().state(), v1::JOB_STATE_ACCEPTED);
  farm.RunAll("w");
  const auto end = farm.LastStatus();
  EXPECT_EQ(end.state(), v1::JOB_STATE_DONE);
  EXPECT_EQ(end.frames_done(), 20U);
  EXPECT_EQ(end.fraction(), 1);
  // Nobody is told about a job that has ended.
  EXPECT_THAT(farm.Pass(seconds(1)).effects.messages, IsEmpty());
}

TEST(Farm, TellsOfTheSeamsOfAFinishedJobAlsoAfterARestart) {
  FarmScript farm;
  v1::JobSpec spec = SampleSpec();
  spec.set_seam_report(true);
  const std::string job = farm.Submit("token", spec);
  EXPECT_FALSE(farm.Say("client", WatchMessage(job)).At("client").job_status().has_seams());
  farm.RunAll("w");
  EXPECT_EQ(farm.LastStatus().seams().borders(), 2U);
  farm.Restart();
  const auto status = farm.Say("client", WatchMessage(job)).At("client").job_status();
  EXPECT_EQ(status.seams().borders(), 2U);
}

TEST(Farm, AdoptsAfterARestartWhatItsWorkerStillRuns) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  farm.Restart();
  EXPECT_EQ(farm.Subject().State().epoch, 2U);
  const Reply reply = farm.Say("w", HelloMessage("w", 1, "cpu", {probe.attempt()}));
  EXPECT_THAT(reply.At("w").worker_welcome().abandon(), IsEmpty());
  EXPECT_THAT(reply.Assignments(), IsEmpty());
  EXPECT_FALSE(farm.Say("w", CompletedMessage(probe)).At("w").outcome_acknowledged().superseded());
}

TEST(Farm, RequeuesAfterARestartWhatNobodyComesBackFor) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  farm.Say("a", HelloMessage("a", 1));
  farm.Restart();
  EXPECT_THAT(farm.Say("b", HelloMessage("b", 2)).Assignments(), IsEmpty());
  farm.Pass(seconds(29));
  farm.Say("b", HelloMessage("b", 2));
  const v1::Task probe = *farm.Pass(seconds(1)).Assignment("b");
  EXPECT_EQ(probe.attempt().number(), 2U);
  EXPECT_EQ(probe.attempt().epoch(), 2U);
}

TEST(Farm, CountsNoLostWorkerThatDiedTogetherWithTheCoordinator) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  farm.Say("w", HelloMessage("w", 1));
  farm.Restart();
  const Reply reply = farm.Say("w", HelloMessage("w", 2));
  EXPECT_TRUE(reply.Assignment("w").has_value());
  EXPECT_EQ(reply.effects.records.back().value.task().workers_lost(), 0U);
}

TEST(Farm, RefusesRecordsThatDoNotFitTogether) {
  v1::TaskRecord orphan;
  orphan.mutable_task()->set_job("j-none");
  orphan.mutable_task()->set_stage(v1::STAGE_PROBE);
  orphan.set_state(v1::TASK_STATE_DONE);
  const auto restored = Farm(FarmOptions{}).Restore({ToRecord(orphan)}, Time{});
  ASSERT_FALSE(restored.has_value());
  EXPECT_EQ(restored.error().code(), ErrorCode::kDataLoss);
}

TEST(Farm, AnswersAMessageThatItDoesNotKnow) {
  FarmScript farm;
  const auto answer = farm.Say("newer", v1::ToCoordinator{}).At("newer");
  EXPECT_EQ(FromWire(answer.request_refused().error()).code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace weft::coordinator
