// The probe as several tasks: what is planned, and how the farm gets from one step to the next.

#include "coordinator/core/probe_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/ids_wire.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/plan_words.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> NamesOf(const JobPlan& plan) {
  std::vector<std::string> names;
  for (const PlannedTask& task : plan.tasks) {
    names.push_back(Name(TaskId{{}, task.place.stage, task.place.chunk, task.place.round}));
  }
  return names;
}

TEST(PlanProbe, IsOneTaskBeforeTheClipIsKnownAndOfAShortOne) {
  const v1::Clip clip = SampleClip(20);
  EXPECT_THAT(NamesOf(PlanProbe(SampleSpec(), nullptr)), ElementsAre("probe"));
  EXPECT_THAT(NamesOf(PlanProbe(SampleSpec(), &clip)), ElementsAre("probe"));
}

TEST(PlanProbe, HasATaskForEachPartOfALongOneAndJoinsThem) {
  const v1::Clip clip = SampleClip(20, 8);
  const JobPlan plan = PlanProbe(SampleSpec(), &clip);
  EXPECT_THAT(NamesOf(plan),
              ElementsAre("probe", "probe part 0", "probe part 1", "probe part 2", "probe join"));
  EXPECT_EQ(plan.probe_tasks, 5U);
  EXPECT_EQ(plan.tasks[1].core, (FrameRange{0, 8}));
  EXPECT_EQ(plan.tasks[1].halo, (FrameRange{0, 10})) << "two frames behind it";
  EXPECT_EQ(plan.tasks[3].halo, (FrameRange{16, 20}));
  EXPECT_THAT(InputsOf(plan.tasks[4]),
              ElementsAre("probe part 0 changes", "probe part 1 changes", "probe part 2 changes"));
}

TEST(PlanProbe, StaysTheSameWhenEverythingElseIsPlanned) {
  v1::JobSpec spec = SampleSpec();
  spec.set_input_path("s3://reels/clip.mp4");
  const v1::Clip clip = SampleClip(20, 8);
  const JobPlan probe = PlanProbe(spec, &clip);
  const JobPlan plan = Plan(spec, clip);
  ASSERT_EQ(plan.probe_tasks, probe.tasks.size());
  for (std::size_t i = 0; i < probe.tasks.size(); ++i) {
    EXPECT_EQ(NamesOf(plan)[i], NamesOf(probe)[i]);
    EXPECT_EQ(InputsOf(plan.tasks[i]), InputsOf(probe.tasks[i]));
    EXPECT_EQ(plan.tasks[i].weight, probe.tasks[i].weight);
    EXPECT_GT(plan.tasks[i].weight, 0);
  }
  for (std::size_t i = 1; i < plan.tasks.size(); ++i) {
    EXPECT_THAT(InputsOf(plan.tasks[i]), Contains("probe objects").Times(1));
  }
}

// A job of 20 frames, of which workers a, b and c each have a part to read.
class ProbeInParts : public ::testing::Test {
 protected:
  void SetUp() override {
    farm_.Submit("token", SampleSpec());
    index_ = *farm_.Say("a", HelloMessage("a", 1)).Assignment("a");
    farm_.Say("b", HelloMessage("b", 2));
    farm_.Say("c", HelloMessage("c", 3));
    const Reply reply = Done(index_);
    for (const char* worker : {"a", "b", "c"}) {
      parts_.push_back(*reply.Assignment(worker));
    }
  }

  Reply Done(const v1::Task& task) {
    const std::string& worker = task.attempt().task().round() == kProbePart
                                    ? workers_[task.attempt().task().chunk()]
                                    : workers_[0];
    return farm_.Say(worker, CompletedMessage(task, clip_));
  }

  [[nodiscard]] const Job& TheJob() const {
    return farm_.Subject().State().jobs.All().begin()->second;
  }

  const v1::Clip clip_ = SampleClip(20, 8);
  const std::vector<std::string> workers_ = {"a", "b", "c"};
  FarmScript farm_;
  v1::Task index_;
  std::vector<v1::Task> parts_;
};

TEST_F(ProbeInParts, GivesEachPartItsFramesAndWhatIsKnownOfTheClip) {
  EXPECT_FALSE(index_.has_clip());
  EXPECT_EQ(parts_[1].chunk().core().begin(), 8U);
  EXPECT_EQ(parts_[1].chunk().core().end(), 16U);
  EXPECT_EQ(parts_[1].chunk().halo().end(), 18U);
  EXPECT_EQ(parts_[1].clip().part_starts_size(), 3);
  EXPECT_THAT(parts_[1].clip().scene_starts(), IsEmpty());
  EXPECT_FALSE(TheJob().clip.has_value());
}

TEST_F(ProbeInParts, JoinsThemOnceAllAreThereAndThenPlansTheRest) {
  EXPECT_THAT(Done(parts_[0]).Assignments(), IsEmpty());
  EXPECT_THAT(Done(parts_[2]).Assignments(), IsEmpty());
  const v1::Task join = *Done(parts_[1]).Assignment("a");
  EXPECT_EQ(join.attempt().task().round(), kProbeJoin);
  EXPECT_THAT(join.inputs(), SizeIs(3));
  EXPECT_FALSE(join.has_chunk());
  const Reply rest = Done(join);
  EXPECT_THAT(rest.Assignments(), SizeIs(3));
  EXPECT_THAT(rest.effects.drops, SizeIs(3)) << "what the parts have brought";
  EXPECT_EQ(TheJob().clip->scene_starts_size(), 1);
  EXPECT_FALSE(TheJob().indexed.has_value());
}

TEST_F(ProbeInParts, GoesOnAfterARestart) {
  Done(parts_[0]);
  farm_.Restart();
  farm_.Say("b", HelloMessage("b", 2, "cpu", {parts_[1].attempt()}));
  farm_.Say("c", HelloMessage("c", 3, "cpu", {parts_[2].attempt()}));
  Done(parts_[1]);
  const v1::Task join = *Done(parts_[2]).Assignment("b");
  EXPECT_EQ(join.attempt().task().round(), kProbeJoin);
  farm_.Restart();
  farm_.Say("b", HelloMessage("b", 2, "cpu", {join.attempt()}));
  farm_.Say("b", CompletedMessage(join, clip_));
  farm_.Restart();
  EXPECT_EQ(TheJob().plan.probe_tasks, 5U);
  farm_.RunAll("b");
  EXPECT_EQ(TheJob().state, JobState::kDone);
}

TEST_F(ProbeInParts, TriesAFailedPartElsewhereAndAloneAgain) {
  farm_.Say("c", FailedMessage(parts_[2], ErrorCode::kInternal));
  Done(parts_[0]);
  const auto again = farm_.Pass(seconds(2)).Assignment("a");
  ASSERT_TRUE(again.has_value()) << "not by c";
  EXPECT_EQ(again->attempt().task().chunk(), 2U);
  EXPECT_EQ(again->attempt().number(), 2U);
}

TEST_F(ProbeInParts, TriesASlowPartOnAnIdleWorkerAsWell) {
  Done(parts_[0]);
  Done(parts_[1]);
  std::optional<v1::Task> second;
  for (int passed = 0; passed < 60 && !second.has_value(); ++passed) {
    farm_.Say("a", HeartbeatMessage({}));
    farm_.Say("b", HeartbeatMessage({}));
    farm_.Say("c", HeartbeatMessage({parts_[2].attempt()}));
    second = farm_.Pass(seconds(1)).Assignment("a");
  }
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(*FromWire(second->attempt().task()), *FromWire(parts_[2].attempt().task()));
  const v1::Task join = *farm_.Say("a", CompletedMessage(*second, clip_)).Assignment("a");
  EXPECT_EQ(join.attempt().task().round(), kProbeJoin);
}

TEST_F(ProbeInParts, FailsTheJobWhereAPartCannotBeRead) {
  farm_.Say("b", FailedMessage(parts_[1], ErrorCode::kInvalidArgument));
  EXPECT_EQ(TheJob().state, JobState::kFailed);
  EXPECT_EQ(TheJob().error->message(), "probe part 1: it broke");
}

TEST_F(ProbeInParts, TakesNoOtherClipFromTheJoin) {
  Done(parts_[0]);
  Done(parts_[2]);
  const v1::Task join = *Done(parts_[1]).Assignment("a");
  for (const v1::Clip& other : {SampleClip(20, 10), SampleClip(20), SampleClip(19, 8)}) {
    EXPECT_TRUE(
        farm_.Say("a", CompletedMessage(join, other)).At("a").outcome_acknowledged().superseded());
  }
  EXPECT_FALSE(TheJob().clip.has_value());
}

TEST_F(ProbeInParts, RunsALostPartAgain) {
  Done(parts_[0]);
  const Reply reply = farm_.RunAgain({*FromWire(parts_[0].attempt())});
  ASSERT_THAT(reply.Assignments(), SizeIs(1));
  EXPECT_EQ(reply.Assignments()[0].attempt().task().chunk(), 0U);
}

TEST(ProbeInPartsOfAnObject, KeepsItsPlanWhenItsFirstTaskRunsAgain) {
  v1::JobSpec spec = SampleSpec();
  spec.set_look_path("/looks/a.look");
  FarmScript farm;
  farm.Submit("token", spec);
  const v1::Clip clip = SampleClip(20, 8);
  const v1::Task index = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const v1::Task part = *farm.Say("w", CompletedMessage(index, clip)).Assignment("w");
  farm.Say("w", CompletedMessage(part, clip));
  EXPECT_FALSE(farm.RunAgain({*FromWire(index.attempt())}).effects.records.empty())
      << "it is needed, though no task that reads it is planned";
  farm.Restart();
  Reply reply = farm.Say("w", HelloMessage("w", 1));
  std::vector<std::string> ran;
  while (const auto task = reply.Assignment("w")) {
    ran.push_back(Name(*FromWire(task->attempt().task())));
    reply = farm.Say("w", CompletedMessage(*task, clip));
  }
  EXPECT_THAT(ran, Contains("probe").Times(1));
  EXPECT_THAT(ran, Contains("probe part 2").Times(1));
  EXPECT_THAT(ran, Not(Contains("probe part 0"))) << "done before";
  EXPECT_THAT(ran, Contains("assemble"));
}

TEST(ProbeInPartsOfAnObject, KeepsWhatItsFirstTaskBroughtForThoseThatArePlannedLast) {
  v1::JobSpec spec = SampleSpec();
  spec.set_input_path("s3://reels/clip.mp4");
  spec.set_look_path("/looks/a.look");
  FarmScript farm;
  farm.Submit("token", spec);
  Reply reply = farm.Say("w", HelloMessage("w", 1));
  const std::string kept = reply.Assignment("w")->output_prefix();
  std::string stage;
  while (const auto task = reply.Assignment("w")) {
    stage = Name(*FromWire(task->attempt().task()));
    reply = farm.Say("w", CompletedMessage(*task, SampleClip(20, 8)));
    for (const std::string& dropped : reply.effects.drops) {
      EXPECT_TRUE(dropped.rfind(kept, 0) != 0 || stage == "assemble") << stage;
    }
  }
  EXPECT_EQ(stage, "assemble");
}

}  // namespace
}  // namespace weft::coordinator
