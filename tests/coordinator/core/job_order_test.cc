#include "coordinator/core/job_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

v1::ToCoordinator SubmitAfter(const std::string& token, const std::vector<std::string>& after) {
  v1::ToCoordinator message = SubmitMessage(token, SampleSpec());
  for (const std::string& id : after) {
    message.mutable_submit_job()->mutable_terms()->add_after(id);
  }
  return message;
}

v1::JobStatus StatusOf(FarmScript& farm, const std::string& job) {
  return farm.Say("client", WatchMessage(job)).At("client").job_status();
}

v1::ToCoordinator Cancel(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_cancel_job()->set_job(job);
  return message;
}

v1::ToCoordinator Retry(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_retry_job()->set_job(job);
  return message;
}

v1::ToCoordinator Pause(const std::string& job, bool undo) {
  v1::ToCoordinator message;
  if (undo) {
    message.mutable_resume_job()->set_job(job);
  } else {
    message.mutable_pause_job()->set_job(job);
  }
  return message;
}

class JobOrderTest : public ::testing::Test {
 protected:
  std::string Submit(const std::string& token, const std::vector<std::string>& after) {
    return farm_.Say("client", SubmitAfter(token, after)).At("client").job_submitted().job();
  }
  std::string RefusalOf(const std::vector<std::string>& after) {
    return farm_.Say("client", SubmitAfter("refused", after))
        .At("client")
        .request_refused()
        .error()
        .message();
  }
  v1::JobState StateOf(const std::string& job) { return StatusOf(farm_, job).state(); }

  FarmScript farm_;
};

TEST_F(JobOrderTest, NothingOfAJobStartsThatWaitsAlsoAfterARestart) {
  const std::string first = Submit("first", {});
  const std::string second = Submit("second", {});
  const std::string last = Submit("last", {first, second});
  farm_.Restart();
  for (const std::string& job : {first, second}) {
    const auto probe = farm_.Say(job, HelloMessage(job, 1)).Assignment(job);
    ASSERT_TRUE(probe.has_value());
    EXPECT_EQ(probe->attempt().task().job(), job);
  }
  EXPECT_FALSE(farm_.Say("w", HelloMessage("w", 1)).Assignment("w").has_value());
  EXPECT_EQ(StateOf(last), v1::JOB_STATE_ACCEPTED);
}

TEST_F(JobOrderTest, AChainRunsToItsEnd) {
  const std::string first = Submit("first", {});
  const std::string second = Submit("second", {first});
  const std::string third = Submit("third", {second, first});
  farm_.RunAll("w");
  EXPECT_EQ(StateOf(first), v1::JOB_STATE_DONE);
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_DONE);
  EXPECT_EQ(StateOf(third), v1::JOB_STATE_DONE);
}

TEST_F(JobOrderTest, JobsThatWaitInVainFailAllTheWayDown) {
  const std::string first = Submit("first", {});
  const std::string second = Submit("second", {first});
  const std::string third = Submit("third", {second});
  farm_.Say("client", Cancel(first));
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_FAILED);
  EXPECT_EQ(StateOf(third), v1::JOB_STATE_FAILED);
  EXPECT_EQ(StatusOf(farm_, second).error().message(),
            "job " + first + ", which it waits for, was cancelled");
  EXPECT_EQ(StatusOf(farm_, third).error().message(),
            "job " + second + ", which it waits for, failed");
}

TEST_F(JobOrderTest, IsTriedAgainOnceWhatItWaitsForIs) {
  const std::string first = Submit("first", {});
  const std::string second = Submit("second", {first});
  farm_.Say("client", Cancel(first));
  EXPECT_THAT(farm_.Say("client", Retry(second)).At("client").request_refused().error().message(),
              HasSubstr("which it waits for, was cancelled"));
  farm_.Say("client", Retry(first));
  farm_.Say("client", Retry(second));
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_ACCEPTED);
  farm_.RunAll("w");
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_DONE);
}

TEST_F(JobOrderTest, APausedJobThatWaitsGoesOnWaiting) {
  const std::string first = Submit("first", {});
  const std::string second = Submit("second", {first});
  farm_.Say("client", Pause(second, false));
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_PAUSED);
  farm_.Say("client", Pause(second, true));
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_ACCEPTED);
  farm_.Say("client", Pause(second, false));
  farm_.RunAll("w");
  EXPECT_EQ(StateOf(first), v1::JOB_STATE_DONE);
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_PAUSED) << "it is for people to resume it";
  farm_.Say("client", Pause(second, true));
  farm_.RunAll("w");
  EXPECT_EQ(StateOf(second), v1::JOB_STATE_DONE);
}

TEST_F(JobOrderTest, ALongChainFailsInOneGo) {
  const std::string first = Submit("0", {});
  std::string before = first;
  for (int number = 1; number < 5000; ++number) {
    before = Submit(std::to_string(number), {before});
  }
  farm_.Say("client", Cancel(first));
  EXPECT_EQ(StateOf(before), v1::JOB_STATE_FAILED);
}

TEST_F(JobOrderTest, NobodyWaitsForWhatCannotCome) {
  EXPECT_EQ(RefusalOf({"j-0"}), "there is no job j-0 to wait for");
  EXPECT_THAT(RefusalOf(std::vector<std::string>(33, "j-0")), HasSubstr("may wait for 32 others"));
  const std::string first = Submit("first", {});
  farm_.Say("client", Cancel(first));
  EXPECT_EQ(RefusalOf({first}), "job " + first + ", which it waits for, was cancelled");
}

}  // namespace
}  // namespace weft::coordinator
