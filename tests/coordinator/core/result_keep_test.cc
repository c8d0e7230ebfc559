// What becomes of what jobs have written and the coordinator keeps.

#include "coordinator/core/result_keep.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/ids_wire.h"
#include "coordinator/core/task_message.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::hours;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kUrl = "weft://_ada/result/neon.mp4";

v1::JobSpec Kept() {
  v1::JobSpec spec = SampleSpec();
  spec.set_output_path(kUrl);
  return spec;
}

class ResultKeepTest : public ::testing::Test {
 protected:
  // Its id; refused: what is said then.
  v1::FromCoordinator Submit(const std::string& token, const std::string& user = "ada") {
    v1::ToCoordinator submit = SubmitMessage(token, Kept());
    submit.mutable_submit_job()->mutable_terms()->set_user(user);
    return farm_.Say("client", submit).At("client");
  }

  // Everything up to the task that writes the result, which is returned.
  v1::Task RunToTheWriter(const std::string& worker) {
    auto task = farm_.Say(worker, HelloMessage(worker, 1)).Assignment(worker);
    while (task->attempt().task().stage() != v1::STAGE_ASSEMBLE) {
      task = farm_.Say(worker, CompletedMessage(*task)).Assignment(worker);
    }
    return *task;
  }

  static std::string PrefixOf(const v1::Task& task) {
    return OutputPrefix(*FromWire(task.attempt()));
  }

  v1::JobDetails Show(const std::string& job) {
    v1::ToCoordinator show;
    show.mutable_show_job()->set_job(job);
    return farm_.Say("client", show).At("client").job_details();
  }

  Reply Drop(const std::string& job) {
    v1::ToCoordinator drop;
    drop.mutable_drop_result()->set_job(job);
    return farm_.Say("client", drop);
  }

  [[nodiscard]] static FarmOptions Options() {
    FarmOptions options;
    options.result_keep = hours(2);
    options.result_bytes_max = 1;
    options.bulk_address = "tcp://farm:7734";
    return options;
  }

  FarmScript farm_{Options()};
};

// The first of whose outputs has so many.
v1::ToCoordinator CompletedWithBytes(const v1::Task& writer, std::uint64_t bytes) {
  v1::ToCoordinator done = CompletedMessage(writer);
  done.mutable_task_completed()
      ->mutable_result()
      ->mutable_outputs(0)
      ->mutable_blob()
      ->set_size_bytes(bytes);
  return done;
}

TEST_F(ResultKeepTest, IsAllThatStaysOfAJobThatIsDone) {
  const std::string job = Submit("token").job_submitted().job();
  const v1::Task writer = RunToTheWriter("w");
  EXPECT_FALSE(Show(job).has_result());
  const Reply done = farm_.Say("w", CompletedMessage(writer));
  EXPECT_THAT(done.effects.drops, Contains(job + "/finish/"));
  EXPECT_THAT(done.effects.drops, Each(Not(StartsWith(job + "/assemble"))));
  EXPECT_THAT(done.effects.drops, Not(Contains(job + "/")));
  for (int life = 0; life < 2; ++life) {
    const v1::KeptResult result = Show(job).result();
    EXPECT_EQ(result.index().key(), PrefixOf(writer) + "result/_ada");
    EXPECT_EQ(result.bulk_address(), "tcp://farm:7734");
    const std::string piece = PrefixOf(writer) + "result/_ada/0/00000000";
    const std::string late = job + "/assemble/0.0/e1a9/result/_ada/0/00000000";
    EXPECT_THAT(farm_.Subject().FindUnneeded({piece, late, job + "/finish/0.0/e1a1/segment"}),
                ElementsAre(late, job + "/finish/0.0/e1a1/segment"));
    farm_.Restart();
  }
}

TEST_F(ResultKeepTest, GoesWhenItsTimeIsOver) {
  const std::string job = Submit("token").job_submitted().job();
  const v1::Task writer = RunToTheWriter("w");
  farm_.Say("w", CompletedMessage(writer));
  farm_.Pass(hours(2) - Duration(1));
  EXPECT_THAT(farm_.DropPastResults().effects.drops, IsEmpty());
  EXPECT_TRUE(Show(job).result().has_index());
  farm_.Pass(Duration(1));
  EXPECT_FALSE(Show(job).result().has_index());
  EXPECT_GT(Show(job).result().kept_until_unix_ms(), 0U);
  EXPECT_THAT(farm_.DropPastResults().effects.drops, ElementsAre(job + "/"));
  EXPECT_THAT(farm_.DropPastResults().effects.drops, IsEmpty()) << "once";
}

TEST_F(ResultKeepTest, IsFoundByTheNextLifeWhereItsTimeWasOverMeanwhile) {
  Submit("token");
  const v1::Task writer = RunToTheWriter("w");
  farm_.Say("w", CompletedMessage(writer));
  farm_.Pass(hours(2));
  farm_.Restart();
  EXPECT_THAT(farm_.DropPastResults().effects.drops, IsEmpty());
  const std::string key = PrefixOf(writer) + "result/_ada";
  EXPECT_THAT(farm_.Subject().FindUnneeded({key}), ElementsAre(key));
}

TEST_F(ResultKeepTest, OnlyTheAttemptThatCountsIsKept) {
  const std::string job = Submit("token").job_submitted().job();
  const v1::Task first = RunToTheWriter("w");
  farm_.Pass(std::chrono::seconds(31));
  const Reply again = farm_.Say("v", HelloMessage("v", 2));
  const v1::Task second = *again.Assignment("v");
  ASSERT_EQ(second.attempt().task().stage(), v1::STAGE_ASSEMBLE);
  farm_.Say("v", CompletedMessage(second));
  farm_.Say("w", HelloMessage("w", 1, "cpu", {first.attempt()}));
  const Reply late = farm_.Say("w", CompletedMessage(first));
  EXPECT_THAT(late.effects.drops, ElementsAre(PrefixOf(first)));
  EXPECT_EQ(Show(job).result().index().key(), PrefixOf(second) + "result/_ada");
}

TEST_F(ResultKeepTest, AWorkerThatBringsNoListBringsNoResult) {
  const std::string job = Submit("token").job_submitted().job();
  const v1::Task writer = RunToTheWriter("w");
  v1::ToCoordinator done = CompletedMessage(writer);
  done.mutable_task_completed()->mutable_result()->mutable_outputs()->RemoveLast();
  farm_.Say("w", done);
  EXPECT_EQ(Show(job).status().state(), v1::JOB_STATE_RUNNING);
}

TEST_F(ResultKeepTest, WithTooMuchKeptNoFurtherJobIsAccepted) {
  Submit("token");
  const v1::Task writer = RunToTheWriter("w");
  const v1::ToCoordinator done = CompletedWithBytes(writer, 5);
  EXPECT_TRUE(Submit("before").has_job_submitted());
  farm_.Say("w", done);
  const v1::FromCoordinator refused = Submit("another");
  ASSERT_TRUE(refused.has_request_refused());
  EXPECT_EQ(refused.request_refused().kind(), v1::REFUSAL_KIND_OVER_LIMIT);
  EXPECT_THAT(refused.request_refused().error().message(), HasSubstr("result-user-gb"));
  EXPECT_THAT(refused.request_refused().error().message(), HasSubstr("in 120 minutes"));
  EXPECT_TRUE(farm_.Say("client", SubmitMessage("elsewhere", SampleSpec()))
                  .At("client")
                  .has_job_submitted());
  farm_.Pass(hours(2));
  EXPECT_TRUE(Submit("another").has_job_submitted());
}

TEST_F(ResultKeepTest, GoesAtOnceWhereItIsDropped) {
  const std::string job = Submit("token").job_submitted().job();
  const v1::Task writer = RunToTheWriter("w");
  EXPECT_THAT(Drop(job).At("client").request_refused().error().message(),
              HasSubstr("has not ended"));
  const v1::ToCoordinator done = CompletedWithBytes(writer, 5);
  farm_.Say("w", done);
  EXPECT_TRUE(Submit("another").has_request_refused());
  const Reply dropped = Drop(job);
  EXPECT_EQ(dropped.At("client").job_status().state(), v1::JOB_STATE_DONE);
  EXPECT_THAT(dropped.effects.drops, ElementsAre(job + "/"));
  EXPECT_THAT(Drop(job).effects.drops, IsEmpty()) << "once";
  const std::string piece = PrefixOf(writer) + "result/_ada/0/00000000";
  for (int life = 0; life < 2; ++life) {
    EXPECT_FALSE(Show(job).result().has_index());
    EXPECT_THAT(farm_.Subject().FindUnneeded({piece}), ElementsAre(piece));
    farm_.Restart();
  }
  EXPECT_TRUE(Submit("another").has_job_submitted());
  farm_.Pass(hours(2));
  EXPECT_THAT(farm_.DropPastResults().effects.drops, IsEmpty());
}

TEST_F(ResultKeepTest, WhatIsKeptElsewhereIsNotDroppedHere) {
  const v1::FromCoordinator submitted =
      farm_.Say("client", SubmitMessage("token", SampleSpec())).At("client");
  const std::string job = submitted.job_submitted().job();
  EXPECT_THAT(Drop(job).At("client").request_refused().error().message(),
              HasSubstr("it writes to " + SampleSpec().output_path()));
  EXPECT_THAT(Drop("j-nobody").At("client").request_refused().error().message(),
              HasSubstr("no such job"));
}

TEST_F(ResultKeepTest, TheNextLifeKnowsHowMuchIsKept) {
  Submit("token");
  const v1::Task writer = RunToTheWriter("w");
  const v1::ToCoordinator done = CompletedWithBytes(writer, 5);
  farm_.Say("w", done);
  farm_.Restart();
  EXPECT_TRUE(Submit("another").has_request_refused());
  farm_.Pass(hours(2));
  EXPECT_TRUE(Submit("another").has_job_submitted());
}

TEST_F(ResultKeepTest, IsKeptForTheJobsOwnUserAlone) {
  const v1::FromCoordinator refused = Submit("token", "bob");
  ASSERT_TRUE(refused.has_request_refused());
  EXPECT_THAT(refused.request_refused().error().message(), HasSubstr("kept for 'ada'"));
}

}  // namespace
}  // namespace weft::coordinator
