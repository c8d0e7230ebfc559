#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/result_place.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/task_message.h"
#include "tests/coordinator/core/farm_script.h"

namespace weft::coordinator {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::ToCoordinator ForgetMessage(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_forget_job()->set_job(job);
  return message;
}

v1::ToCoordinator CancelMessage(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_cancel_job()->set_job(job);
  return message;
}

v1::JobState StateOf(FarmScript& farm, const std::string& job) {
  return farm.Say("client", WatchMessage(job)).At("client").job_status().state();
}

TEST(JobForget, NothingIsLeftOfAJobThatIsDone) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const std::string other = farm.Submit("other", SampleSpec());
  farm.RunAll("w");
  ASSERT_EQ(StateOf(farm, job), v1::JOB_STATE_DONE);
  const std::size_t tasks = farm.Subject().State().tasks.OfJob({job}).size();
  const Reply reply = farm.Say("client", ForgetMessage(job));
  EXPECT_EQ(reply.At("client").job_forgotten().job(), job);
  EXPECT_THAT(reply.effects.drops, Contains(job + "/"));
  EXPECT_THAT(reply.effects.records, SizeIs(tasks + 1));
  EXPECT_THAT(farm.Subject().State().tasks.OfJob({job}), IsEmpty());
  EXPECT_THAT(farm.Subject().State().tasks.All(), SizeIs(tasks)) << "those of the other job";
  EXPECT_EQ(farm.Say("client", WatchMessage(job)).At("client").request_refused().error().code(),
            static_cast<std::uint32_t>(ErrorCode::kNotFound));
  farm.Restart();
  EXPECT_EQ(farm.Subject().State().jobs.Find({job}), nullptr);
  EXPECT_EQ(StateOf(farm, other), v1::JOB_STATE_DONE);
  EXPECT_EQ(farm.Say("client", ForgetMessage(job)).At("client").job_forgotten().job(), job)
      << "the answer may have been lost";
}

TEST(JobForget, AnOpenJobIsNotForgotten) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const Reply refused = farm.Say("client", ForgetMessage(job));
  EXPECT_THAT(refused.At("client").request_refused().error().message(),
              HasSubstr("has not ended; cancel it first"));
  EXPECT_THAT(refused.effects.records, IsEmpty());
  EXPECT_EQ(
      farm.Say("client", ForgetMessage("j-none")).At("client").request_refused().error().code(),
      static_cast<std::uint32_t>(ErrorCode::kNotFound));
  farm.RunAll("w");
}

TEST(JobForget, WhatComesLateIsDroppedAndNobodyIsBlamed) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  farm.Say("client", CancelMessage(job));
  farm.Say("client", ForgetMessage(job));
  const AttemptId attempt = *FromWire(probe.attempt());
  EXPECT_THAT(farm.Subject().FindUnneeded({OutputPrefix(attempt) + "objects"}), SizeIs(1));
  for (const bool restarted : {false, true}) {
    if (restarted) {
      farm.Restart();
      farm.Say("w", HelloMessage("w", 1, "cpu", {probe.attempt()}));
    }
    for (int i = 0; i < 10; ++i) {
      const Reply beat = farm.Say("w", HeartbeatMessage({probe.attempt()}));
      EXPECT_THAT(beat.At("w").worker_verdict().abandon(), SizeIs(1));
    }
    const Reply late = farm.Say("w", CompletedMessage(probe));
    EXPECT_TRUE(late.At("w").outcome_acknowledged().superseded());
    EXPECT_THAT(late.effects.drops, Contains(OutputPrefix(attempt)));
    EXPECT_FALSE(farm.Subject().State().workers.IsBarred({"w"}, WorkerTable::Bar::kAside));
  }
}

TEST(JobForget, ATokenMakesNoSecondJob) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  farm.RunAll("w");
  farm.Say("client", ForgetMessage(job));
  farm.Restart();
  const Reply again = farm.Say("client", SubmitMessage("token", SampleSpec()));
  EXPECT_EQ(again.At("client").request_refused().error().code(),
            static_cast<std::uint32_t>(ErrorCode::kAlreadyExists));
  EXPECT_THAT(again.At("client").request_refused().error().message(), HasSubstr("was forgotten"));
}

TEST(JobForget, OthersGoOnBesideAndBehindIt) {
  FarmScript farm;
  const std::string first = farm.Submit("first", SampleSpec());
  farm.RunAll("w");
  const std::string second = farm.Submit("second", SampleSpec());
  v1::ToCoordinator third = SubmitMessage("third", SampleSpec());
  for (const std::string& before : {first, second}) {
    third.mutable_submit_job()->mutable_terms()->add_after(before);
  }
  const std::string waiting = farm.Say("client", third).At("client").job_submitted().job();
  farm.Say("client", ForgetMessage(first));
  farm.Restart();
  farm.RunAll("w");
  EXPECT_EQ(StateOf(farm, second), v1::JOB_STATE_DONE);
  EXPECT_EQ(StateOf(farm, waiting), v1::JOB_STATE_DONE);
}

TEST(JobForget, WhoRanAfterItCanBeTriedAgain) {
  FarmScript farm;
  const std::string first = farm.Submit("first", SampleSpec());
  farm.RunAll("w");
  v1::ToCoordinator second = SubmitMessage("second", SampleSpec());
  second.mutable_submit_job()->mutable_terms()->add_after(first);
  const std::string after = farm.Say("client", second).At("client").job_submitted().job();
  farm.Say("client", CancelMessage(after));
  EXPECT_EQ(farm.Say("client", ForgetMessage(first)).At("client").job_forgotten().job(), first);
  v1::ToCoordinator retry;
  retry.mutable_retry_job()->set_job(after);
  EXPECT_EQ(farm.Say("client", retry).At("client").job_status().state(), v1::JOB_STATE_RUNNING);
  farm.RunAll("w");
  EXPECT_EQ(StateOf(farm, after), v1::JOB_STATE_DONE);
  v1::ToCoordinator third = SubmitMessage("third", SampleSpec());
  third.mutable_submit_job()->mutable_terms()->add_after(first);
  EXPECT_THAT(farm.Say("client", third).At("client").request_refused().error().message(),
              HasSubstr("it was forgotten"));
}

TEST(JobForget, AJobThatIsNotDoneIsNotForgottenBeforeThoseThatWereToRunAfterIt) {
  FarmOptions options;
  options.job_keep = hours(24);
  FarmScript farm(options);
  const std::string first = farm.Submit("first", SampleSpec());
  v1::ToCoordinator second = SubmitMessage("second", SampleSpec());
  second.mutable_submit_job()->mutable_terms()->add_after(first);
  const std::string after = farm.Say("client", second).At("client").job_submitted().job();
  farm.Say("client", CancelMessage(first));
  EXPECT_THAT(
      farm.Say("client", ForgetMessage(first)).At("client").request_refused().error().message(),
      HasSubstr("job " + after + " was to run after job " + first));
  farm.Pass(hours(25));
  farm.ForgetPastJobs();
  EXPECT_TRUE(farm.Subject().State().jobs.WasForgotten({after}));
  EXPECT_FALSE(farm.Subject().State().jobs.WasForgotten({first}));
  farm.ForgetPastJobs();
  EXPECT_TRUE(farm.Subject().State().jobs.WasForgotten({first}));
}

TEST(JobForget, AResultThatIsKeptKeepsItsJob) {
  FarmOptions options;
  options.job_keep = hours(1);
  options.result_keep = hours(48);
  FarmScript farm(options);
  v1::JobSpec spec = SampleSpec();
  spec.set_output_path(ResultPlace{"ada", "neon.mp4"}.Url());
  v1::ToCoordinator submit = SubmitMessage("token", spec);
  submit.mutable_submit_job()->mutable_terms()->set_user("ada");
  const std::string job = farm.Say("client", submit).At("client").job_submitted().job();
  farm.RunAll("w");
  ASSERT_EQ(StateOf(farm, job), v1::JOB_STATE_DONE);
  farm.Pass(hours(47));
  farm.ForgetPastJobs();
  EXPECT_FALSE(farm.Subject().State().jobs.WasForgotten({job}));
  farm.Pass(hours(2));
  farm.ForgetPastJobs();
  EXPECT_TRUE(farm.Subject().State().jobs.WasForgotten({job}));
}

TEST(JobForget, JobsGoWhenTheirTimeIsOverAndThenTheirNames) {
  FarmOptions options;
  options.job_keep = hours(24);
  FarmScript farm(options);
  const std::string done = farm.Submit("done", SampleSpec());
  farm.RunAll("w");
  const std::string open = farm.Submit("open", SampleSpec());
  farm.Pass(hours(23));
  EXPECT_THAT(farm.ForgetPastJobs().effects.records, IsEmpty());
  farm.Pass(hours(2));
  EXPECT_FALSE(farm.ForgetPastJobs().effects.records.empty());
  EXPECT_TRUE(farm.Subject().State().jobs.WasForgotten({done}));
  EXPECT_NE(farm.Subject().State().jobs.Find({open}), nullptr) << "however old it is";
  farm.Pass(hours(23));
  EXPECT_THAT(farm.ForgetPastJobs().effects.records, IsEmpty());
  farm.Pass(hours(2));
  const Reply unlearned = farm.ForgetPastJobs();
  ASSERT_THAT(unlearned.effects.records, SizeIs(1));
  EXPECT_TRUE(unlearned.effects.records[0].erased);
  farm.Restart();
  EXPECT_FALSE(farm.Subject().State().jobs.WasForgotten({done}));
  EXPECT_EQ(farm.Submit("done", SampleSpec()), done) << "a new one";
  farm.RunAll("w2");
}

TEST(JobForget, ManyOfThemLeaveTheOthersWhereTheyAre) {
  FarmScript farm;
  std::vector<std::string> jobs;
  for (int i = 0; i < 40; ++i) {
    jobs.push_back(farm.Submit("token-" + std::to_string(i), SampleSpec()));
  }
  farm.RunAll("w");
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i % 3 != 0) {
      farm.Say("client", ForgetMessage(jobs[i]));
    }
  }
  const Floor& floor = farm.Subject().State();
  for (const Task* const task : floor.tasks.All()) {
    EXPECT_EQ(floor.tasks.Find(task->id), task);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    EXPECT_EQ(floor.tasks.Find({{jobs[i]}, Stage::kProbe, 0, 0}) != nullptr, i % 3 == 0);
    EXPECT_EQ(floor.jobs.Find({jobs[i]}) != nullptr, i % 3 == 0);
  }
  farm.Submit("one more", SampleSpec());
  farm.RunAll("w2");
  EXPECT_FALSE(FindBreach(floor).has_value());
}

}  // namespace
}  // namespace weft::coordinator
