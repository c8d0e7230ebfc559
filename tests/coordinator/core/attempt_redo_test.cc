// What becomes of tasks whose outputs were lost after they were done.

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/ids_wire.h"
#include "coordinator/core/task_message.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::IsEmpty;

constexpr std::uint32_t kFrames = 20;

// A farm of two workers that looks after the keys of its blobs.
class LossyFarm {
 public:
  explicit LossyFarm(std::uint64_t seed,
                     const v1::JobSpec& spec = SampleSpec(),
                     v1::Clip clip = SampleClip(kFrames))
      : clip_(std::move(clip)), random_(seed) {
    farm_.Submit("token", spec);
    Note(farm_.Say("a", HelloMessage("a", 1)));
    Note(farm_.Say("b", HelloMessage("b", 1)));
  }

  // One worker has done its task. False: nobody has any.
  bool Work() {
    if (running_.empty()) {
      return false;
    }
    auto done = running_.begin();
    std::advance(done, Draw(running_.size()));
    const auto [worker, task] = *done;
    running_.erase(done);
    const v1::ToCoordinator completed = Finished(task);
    told_.emplace_back(worker, completed);
    Note(farm_.Say(worker, completed));
    return true;
  }

  // Some of what is there is lost; the farm hears of it, and of what it knows already.
  std::size_t Lose() {
    std::vector<AttemptId> damaged;
    for (const Task* const known : farm_.Subject().State().tasks.All()) {
      const Task& task = *known;
      if (task.state == TaskState::kDone && Draw(3) == 0) {
        damaged.push_back(task.LatestAttempt());
        Drop(OutputPrefix(task.LatestAttempt()));
      }
    }
    const Reply reply = farm_.RunAgain(damaged);
    Note(reply);
    return static_cast<std::size_t>(std::count_if(
        reply.effects.notes.begin(), reply.effects.notes.end(),
        [](const auto& note) { return note.text.find("runs again") != std::string::npos; }));
  }

  // An outcome is told once more, because its acknowledgement was lost.
  void Repeat() {
    if (!told_.empty()) {
      const auto& [worker, outcome] = told_.at(Draw(told_.size()));
      Note(farm_.Say(worker, outcome));
    }
  }

  void Restart() {
    farm_.Restart();
    ComeBack();
  }

  void RestartAfterOlderVersion() {
    farm_.RestartAfterOlderVersion();
    ComeBack();
  }

  // What the life before was told is told again, and the rest of it, as by workers that have kept
  // their outcomes.
  void RestartAfterOtherPictures() {
    std::vector<std::pair<std::string, v1::ToCoordinator>> kept = std::move(told_);
    told_.clear();
    for (const auto& [worker, task] : running_) {
      kept.emplace_back(worker, Finished(task));
    }
    Note(farm_.RestartAfterOtherPictures());
    ComeBack();
    for (const auto& [worker, outcome] : kept) {
      Note(farm_.Say(worker, outcome));
    }
  }

  void ComeBack() {
    for (const char* worker : {"a", "b"}) {
      const auto task = running_.find(worker);
      Note(farm_.Say(worker,
                     HelloMessage(worker, 1, "cpu",
                                  task == running_.end() ? std::vector<v1::AttemptId>()
                                                         : std::vector{task->second.attempt()})));
    }
  }

  std::size_t Draw(std::size_t count) { return random_() % count; }
  const Floor& State() const { return farm_.Subject().State(); }
  const std::set<std::string>& Blobs() const { return there_; }

 private:
  // Its outputs are there.
  v1::ToCoordinator Finished(const v1::Task& task) {
    v1::ToCoordinator completed = CompletedMessage(task, clip_);
    for (const v1::Output& output : completed.task_completed().result().outputs()) {
      there_.insert(output.blob().key());
    }
    return completed;
  }

  void Note(const Reply& reply) {
    for (const std::string& prefix : reply.effects.drops) {
      Drop(prefix);
    }
    for (const Message& message : reply.effects.messages) {
      for (const v1::AttemptId& stopped : message.body.worker_verdict().abandon()) {
        Stop(message.to.value, stopped);
      }
      for (const v1::AttemptId& stopped : message.body.worker_welcome().abandon()) {
        Stop(message.to.value, stopped);
      }
    }
    for (const Message& message : reply.effects.messages) {
      if (message.body.has_assign_task()) {
        const v1::Task task = message.Whole().assign_task().task();
        running_[message.to.value] = task;
        for (const v1::Input& input : task.inputs()) {
          EXPECT_EQ(there_.count(input.blob().key()), 1U) << input.blob().key() << " is lost";
        }
      }
    }
    const auto breach = FindBreach(State());
    EXPECT_FALSE(breach.has_value()) << *breach;
  }

  void Stop(const std::string& worker, const v1::AttemptId& attempt) {
    const auto task = running_.find(worker);
    if (task != running_.end() &&
        task->second.attempt().SerializeAsString() == attempt.SerializeAsString()) {
      running_.erase(task);
      Note(farm_.Say(worker, HeartbeatMessage({})));
    }
  }

  void Drop(const std::string& prefix) {
    there_.erase(there_.lower_bound(prefix), there_.lower_bound(prefix + '\xff'));
  }

  const v1::Clip clip_;
  std::mt19937_64 random_;
  FarmScript farm_;
  std::set<std::string> there_;
  std::map<std::string, v1::Task> running_;
  std::vector<std::pair<std::string, v1::ToCoordinator>> told_;
};

TEST(AttemptRedo, AJobEndsWhateverIsLostOnItsWayAndNoTaskReadsWhatIsGone) {
  constexpr int kSeeds = 300;
  std::size_t again = 0;
  for (int seed = 0; seed < kSeeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LossyFarm farm(static_cast<std::uint64_t>(seed));
    int losses = 6;
    for (int step = 0; step < 2000 && farm.Work(); ++step) {
      if (losses > 0 && farm.Draw(4) == 0) {
        again += farm.Lose();
        --losses;
      }
      if (farm.Draw(8) == 0) {
        farm.Repeat();
      }
      if (farm.Draw(16) == 0) {
        farm.Restart();
      }
    }
    const Job& job = farm.State().jobs.All().begin()->second;
    EXPECT_EQ(job.state, JobState::kDone);
    const JobTally& tally = farm.State().tasks.Tally(job.id);
    EXPECT_EQ(tally.FramesDone(), kFrames);
    EXPECT_NEAR(tally.WorkDone(), tally.WorkTotal(), 1e-9 * tally.WorkTotal());
    EXPECT_THAT(farm.Blobs(), IsEmpty());
  }
  EXPECT_GT(again, 1000U);
}

TEST(AttemptRedo, AJobEndsWhoseTasksAnOlderVersionDidWithoutPictures) {
  std::size_t assigned = 0;
  for (int done = 0; done < 100 && !::testing::Test::HasFailure(); ++done) {
    SCOPED_TRACE("after " + std::to_string(done) + " tasks");
    LossyFarm farm(static_cast<std::uint64_t>(done));
    int tasks = 0;
    while (tasks < done && farm.Work()) {
      ++tasks;
    }
    farm.RestartAfterOlderVersion();
    while (farm.Work()) {
      ++tasks;
    }
    assigned = std::max(assigned, static_cast<std::size_t>(tasks));
    EXPECT_EQ(farm.State().jobs.All().begin()->second.state, JobState::kDone);
    farm.Restart();
    EXPECT_FALSE(farm.Work()) << "nothing is made again once more";
  }
  LossyFarm whole(0);
  std::size_t once = 0;
  while (whole.Work()) {
    ++once;
  }
  EXPECT_GT(assigned, once + 3) << "those that lacked pictures ran twice";
}

struct OtherPictures {
  const char* name;
  v1::JobSpec spec;
  v1::Clip clip;
  int probes;        // Tasks of the probe.
  int probes_kept;   // Of them, once all are done; 0 where it brings a look.
  int indexes_kept;  // Likewise, as long as they are not.
};

std::vector<OtherPictures> JobsOfOtherPictures() {
  constexpr std::uint32_t kPartFrames = 8;
  OtherPictures usual = {"usual", SampleSpec(), SampleClip(kFrames), 1, 1, 1};
  OtherPictures look = {"with a look", SampleSpec(), SampleClip(kFrames), 1, 0, 0};
  look.spec.set_look_path("/first.look");
  OtherPictures parts = {"read in parts", SampleSpec(), SampleClip(kFrames, kPartFrames), 5, 5, 1};
  OtherPictures objects = usual;
  objects.name = "of an object";
  objects.spec.set_input_path("s3://reels/clip.mp4");
  OtherPictures object_parts = parts;
  object_parts.name = "of an object, read in parts";
  object_parts.spec = objects.spec;
  return {usual, look, parts, objects, object_parts};
}

// Does all that there is to do, how many tasks that are; the farm lives anew after a few of them.
int WorkToTheEnd(LossyFarm& farm) {
  constexpr int kUndisturbed = 5;
  int tasks = 0;
  while (farm.Work()) {
    if (++tasks == kUndisturbed) {
      farm.Restart();
    }
  }
  return tasks;
}

// Of the job's `once` tasks `done` were done when other pictures came.
void ExpectThatItBeginsAnew(const OtherPictures& job, int done, int once) {
  LossyFarm farm(static_cast<std::uint64_t>(done), job.spec, job.clip);
  for (int i = 0; i < done; ++i) {
    EXPECT_TRUE(farm.Work());
  }
  farm.RestartAfterOtherPictures();
  const int kept = done < job.probes ? job.indexes_kept : job.probes_kept;
  EXPECT_EQ(WorkToTheEnd(farm), done == once ? 0 : once - kept);
  const Job& ended = farm.State().jobs.All().begin()->second;
  EXPECT_EQ(ended.state, JobState::kDone);
  EXPECT_EQ(farm.State().tasks.Tally(ended.id).FramesDone(), kFrames);
  EXPECT_THAT(farm.Blobs(), IsEmpty());
  farm.Restart();
  EXPECT_FALSE(farm.Work()) << "nothing is made again once more";
}

TEST(AttemptRedo, AJobThatOtherPicturesBeganKeepsNoneOfThem) {
  for (const OtherPictures& job : JobsOfOtherPictures()) {
    LossyFarm whole(0, job.spec, job.clip);
    const int once = WorkToTheEnd(whole);
    for (int done = 0; done <= once && !::testing::Test::HasFailure(); ++done) {
      SCOPED_TRACE(std::string(job.name) + " after " + std::to_string(done) + " tasks");
      ExpectThatItBeginsAnew(job, done, once);
    }
  }
}

TEST(AttemptRedo, OfATaskThatRunsTwiceOtherPicturesAreNotComparedWithOurs) {
  v1::JobSpec spec = SampleSpec();
  spec.set_verify_tasks(100);
  FarmScript farm;
  farm.Submit("token", spec);
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const v1::Task first = *farm.Say("w", CompletedMessage(probe)).Assignment("w");
  farm.Say("w", CompletedMessage(first));
  const TaskId id = FromWire(first.attempt())->task;
  EXPECT_NE(farm.Subject().State().tasks.Find(id)->first_run, nullptr);
  farm.Restart();
  EXPECT_NE(farm.Subject().State().tasks.Find(id)->first_run, nullptr);
  farm.RestartAfterOtherPictures();
  EXPECT_EQ(farm.Subject().State().tasks.Find(id)->first_run, nullptr);
}

v1::ToCoordinator HelloOfClass(const std::string& worker, const std::string& numeric_class) {
  v1::ToCoordinator hello = HelloMessage(worker, 1);
  hello.mutable_worker_hello()->set_numeric_class(numeric_class);
  return hello;
}

TEST(AttemptRedo, AFailedJobOfOtherPicturesIsTriedFromTheStartByWorkersOfAnotherClass) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  std::optional<v1::Task> task = farm.Say("old", HelloOfClass("old", "before")).Assignment("old");
  int done = 0;
  for (; task->attempt().task().stage() != v1::STAGE_FINISH; ++done) {
    task = farm.Say("old", CompletedMessage(*task)).Assignment("old");
    ASSERT_TRUE(task);
  }
  farm.Say("old", FailedMessage(*task, ErrorCode::kInvalidArgument));
  EXPECT_EQ(farm.Subject().State().jobs.All().begin()->second.state, JobState::kFailed);

  farm.RestartAfterOtherPictures();
  farm.Say("new", HelloOfClass("new", "after"));
  v1::ToCoordinator retry;
  retry.mutable_retry_job()->set_job(job);
  Reply reply = farm.Say("client", retry);
  int again = 0;
  while (const auto next = reply.Assignment("new")) {
    ++again;
    reply = farm.Say("new", CompletedMessage(*next));
  }
  EXPECT_GE(again, done) << "all that was done but the probe, and what failed";
  EXPECT_EQ(farm.Subject().State().jobs.All().begin()->second.state, JobState::kDone);
}

TEST(AttemptRedo, LeavesAloneWhatNobodyReadsAnyMoreAndWhatHasChanged) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  farm.RunAll("w");
  std::vector<AttemptId> all;
  for (const Task* const known : farm.Subject().State().tasks.All()) {
    const Task& task = *known;
    all.push_back(task.LatestAttempt());
  }
  EXPECT_THAT(farm.RunAgain(all).effects.records, IsEmpty()) << "the job is done";

  const std::string job = farm.Submit("other", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const v1::Task annotate = *farm.Say("w", CompletedMessage(probe)).Assignment("w");
  farm.Say("w", CompletedMessage(annotate));
  AttemptId older = *FromWire(annotate.attempt());
  older.number += 1;
  EXPECT_THAT(farm.RunAgain({older}).effects.records, IsEmpty()) << "another attempt counts";
  EXPECT_THAT(farm.RunAgain({{{{"j-nobody"}, Stage::kFinish, 0, 0}, 1, 1}}).effects.records,
              IsEmpty());
  EXPECT_FALSE(farm.RunAgain({*FromWire(annotate.attempt())}).effects.records.empty());
}

}  // namespace
}  // namespace weft::coordinator
