// Tasks that run twice, alone and in a farm.

#include "coordinator/core/verification.h"

#include <optional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/probe_plan.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

v1::JobSpec Verified(std::uint32_t tasks) {
  v1::JobSpec spec = SampleSpec();
  spec.set_verify_tasks(tasks);
  return spec;
}

std::set<std::string> Names(const std::vector<TaskPlace>& places) {
  std::set<std::string> names;
  for (const TaskPlace& place : places) {
    names.insert(Name(TaskId{{"j"}, place.stage, place.chunk, place.round}));
  }
  return names;
}

TEST(TasksToVerify, AreDrawnByTheSeedFromThoseThatBringSomething) {
  v1::JobSpec spec = Verified(4);
  const JobPlan plan = *PlanJob(spec, SampleClip(80));
  const auto chosen = TasksToVerify(spec, plan);
  EXPECT_THAT(chosen, SizeIs(4));
  EXPECT_EQ(Names(chosen), Names(TasksToVerify(spec, plan)));
  spec.set_seed(1);
  EXPECT_NE(Names(chosen), Names(TasksToVerify(spec, plan)));

  spec.set_verify_tasks(100'000);
  const auto all = Names(TasksToVerify(spec, plan));
  EXPECT_EQ(all.size() + 2, plan.tasks.size()) << "but probe and assemble";
  spec.set_output_path("weft://_/result/out.mp4");
  EXPECT_EQ(Names(TasksToVerify(spec, *PlanJob(spec, SampleClip(80)))), all) << "kept or not";
  EXPECT_THAT(TasksToVerify(Verified(0), plan), IsEmpty());
  EXPECT_THAT(TasksToVerify(spec, PlanProbe(spec, nullptr)), IsEmpty());
}

v1::BlobRef Blob(std::uint64_t checksum) {
  v1::BlobRef blob;
  blob.set_size_bytes(10);
  blob.set_checksum(checksum);
  return blob;
}

TEST(Disagreement, IsAnOutputOfOtherBytes) {
  v1::BlobRef elsewhere = Blob(2);
  elsewhere.set_key("of another attempt");
  EXPECT_EQ(FindDisagreement({{"latents", Blob(1)}, {"x0", Blob(2)}},
                             {{"latents", Blob(1)}, {"x0", elsewhere}}),
            std::nullopt);
  EXPECT_EQ(FindDisagreement({{"latents", Blob(1)}, {"x0", Blob(2)}},
                             {{"latents", Blob(1)}, {"x0", Blob(3)}}),
            "x0");
  EXPECT_EQ(FindDisagreement({{"latents", Blob(1)}}, {}), "latents");
  EXPECT_EQ(FindDisagreement({{"preview", Blob(1)}}, {{"preview", Blob(2)}}), "preview");
  EXPECT_EQ(FindDisagreement({{"preview", Blob(1)}}, {}), std::nullopt) << "it may be left out";
}

// A job all of whose tasks run twice: worker "a" runs the first annotate task, "b" the second.
class Verification : public ::testing::Test {
 protected:
  Verification() {
    const v1::Task probe = *farm_.Say("a", HelloMessage("a", 1)).Assignment("a");
    farm_.Say("client", WatchMessage(job_));
    first_ = *farm_.Say("a", CompletedMessage(probe)).Assignment("a");
    of_b_ = farm_.Say("b", HelloMessage("b", 2)).Assignment("b");
  }

  // Its outputs are as they should be, or not.
  static v1::ToCoordinator Completed(const v1::Task& task, bool right) {
    v1::ToCoordinator message = CompletedMessage(task);
    for (v1::Output& output :
         *message.mutable_task_completed()->mutable_result()->mutable_outputs()) {
      output.mutable_blob()->set_checksum(right ? 1 : 2);
    }
    return message;
  }

  // Worker "b" does what it is given until that is what "a" ran first. A task that would rather run
  // elsewhere rests for a second.
  v1::Task SecondRun() {
    while (of_b_.has_value() &&
           of_b_->attempt().task().chunk() != first_.attempt().task().chunk()) {
      const auto next = farm_.Say("b", Completed(*of_b_, true)).Assignment("b");
      of_b_ = next.has_value() ? next : farm_.Pass(Duration(1100)).Assignment("b");
    }
    EXPECT_TRUE(of_b_.has_value());
    return of_b_.value_or(v1::Task());
  }

  FarmScript farm_;
  std::string job_ = farm_.Submit("token", Verified(1000));
  v1::Task first_;
  std::optional<v1::Task> of_b_;
};

TEST_F(Verification, RunsATaskOnAnotherWorkerBeforeOthersReadIt) {
  const Reply reply = farm_.Say("a", Completed(first_, true));
  EXPECT_FALSE(reply.At("a").outcome_acknowledged().superseded());
  const v1::Task second = SecondRun();
  EXPECT_EQ(second.attempt().number(), 2U);
  farm_.Say("b", Completed(second, true));
  farm_.Pass(std::chrono::seconds(2));
  EXPECT_EQ(farm_.LastStatus().state(), v1::JOB_STATE_RUNNING);
}

TEST_F(Verification, FailsTheJobAndNamesBothWorkersWhereBytesDiffer) {
  farm_.Say("a", Completed(first_, false));
  farm_.Say("b", Completed(SecondRun(), true));
  farm_.Pass(std::chrono::seconds(2));
  EXPECT_EQ(farm_.LastStatus().state(), v1::JOB_STATE_FAILED);
  EXPECT_THAT(farm_.LastStatus().error().message(), HasSubstr("workers a and b"));
  EXPECT_THAT(farm_.LastStatus().error().message(), HasSubstr("'control/0'"));
}

TEST_F(Verification, RemembersTheFirstRunAfterARestart) {
  farm_.Say("a", Completed(first_, false));
  farm_.Restart();
  farm_.Say("client", WatchMessage(job_));
  farm_.Say("b", HelloMessage("b", 2, "cpu", {of_b_->attempt()}));
  farm_.Say("b", Completed(SecondRun(), true));
  farm_.Pass(std::chrono::seconds(2));
  EXPECT_EQ(farm_.LastStatus().state(), v1::JOB_STATE_FAILED);
}

TEST_F(Verification, AcknowledgesTheFirstRunAgainAndDoesNotTakeItForTheSecond) {
  farm_.Say("a", Completed(first_, true));
  const Reply again = farm_.Say("a", Completed(first_, true));
  EXPECT_FALSE(again.At("a").outcome_acknowledged().superseded());
  EXPECT_EQ(SecondRun().attempt().number(), 2U);
}

TEST(LoneVerification, RunsTwiceOnTheOnlyWorkerAndSaysSo) {
  FarmScript farm;
  const std::string job = farm.Submit("token", Verified(1));
  farm.Say("client", WatchMessage(job));
  std::string notes;
  farm.RunAll("w");
  const v1::JobStatus end = farm.Say("client", WatchMessage(job)).At("client").job_status();
  EXPECT_EQ(end.state(), v1::JOB_STATE_DONE);
  for (const std::string& note : end.notes()) {
    notes += note + "\n";
  }
  EXPECT_THAT(notes, HasSubstr("is verified: worker w brought the same bytes twice"));
  EXPECT_THAT(notes, Not(HasSubstr("agree")));
}

}  // namespace
}  // namespace weft::coordinator
