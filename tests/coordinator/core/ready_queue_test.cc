#include "coordinator/core/ready_queue.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "tests/simulation/random.h"

namespace weft::coordinator {
namespace {

const Requirement kCpu{.device = "cpu"};
const Capability kCpuWorker{.device = "cpu"};

ReadyTask Task(const std::string& job, std::uint32_t chunk, std::uint64_t sequence = 1) {
  return {sequence, {.job = {job}, .stage = Stage::kDenoise, .chunk = chunk}};
}

void Erase(ReadyQueue& queue, const Requirement& requirement, const ReadyTask& task) {
  queue.Erase(requirement, task.job_sequence, task.id);
}

// Takes the first task as often as asked, each worth one unit of work, and counts by job.
std::map<std::string, int> Serve(ReadyQueue& queue, int times) {
  std::map<std::string, int> served;
  for (int i = 0; i < times; ++i) {
    const ReadyTask* const first = queue.First(kCpuWorker);
    if (first == nullptr) {
      break;
    }
    const JobId job = first->id.job;
    Erase(queue, kCpu, *first);
    queue.Charge(job, 1);
    ++served[job.value];
  }
  return served;
}

void Fill(ReadyQueue& queue, const std::string& job, std::uint64_t sequence = 1) {
  for (std::uint32_t chunk = 0; chunk < 100; ++chunk) {
    queue.Insert(kCpu, Task(job, chunk, sequence));
  }
}

TEST(ReadyQueue, SharesBetweenUsersHoweverManyJobsOneHas) {
  ReadyQueue queue;
  for (const std::string job : {"a1", "a2", "a3"}) {
    queue.AddJob({job}, {"ann", 50, 1});
    Fill(queue, job);
  }
  queue.AddJob({"b1"}, {"bob", 50, 2});
  Fill(queue, "b1", 2);
  auto served = Serve(queue, 60);
  EXPECT_EQ(served["b1"], 30);
  EXPECT_EQ(served["a1"], 10);
  EXPECT_EQ(served["a2"], 10);
  EXPECT_EQ(served["a3"], 10);
}

TEST(ReadyQueue, ServesAUsersHigherPriorityFirst) {
  ReadyQueue queue;
  queue.AddJob({"low"}, {"ann", 10, 1});
  queue.AddJob({"high"}, {"ann", 90, 2});
  Fill(queue, "low", 1);
  Fill(queue, "high", 2);
  EXPECT_EQ(Serve(queue, 100)["high"], 100);
  EXPECT_EQ(Serve(queue, 10)["low"], 10);
}

TEST(ReadyQueue, LetsNobodySaveUpWhileTheyWantNothing) {
  ReadyQueue queue;
  queue.AddJob({"a"}, {"ann", 50, 1});
  queue.AddJob({"b"}, {"bob", 50, 2});
  Fill(queue, "a", 1);
  Serve(queue, 80);
  Fill(queue, "b", 2);
  auto served = Serve(queue, 20);
  EXPECT_EQ(served["a"], 10);
  EXPECT_EQ(served["b"], 10);
}

TEST(ReadyQueue, GoesByStageRoundAndChunkWithinAJob) {
  ReadyQueue queue;
  queue.AddJob({"a"}, {});
  queue.Insert(kCpu, Task("a", 2));
  queue.Insert(kCpu, Task("a", 1));
  ReadyTask anchor = Task("a", 9);
  anchor.id.stage = Stage::kAnchor;
  queue.Insert(kCpu, anchor);
  EXPECT_EQ(queue.First(kCpuWorker)->id.stage, Stage::kAnchor);
  Erase(queue, kCpu, anchor);
  EXPECT_EQ(queue.First(kCpuWorker)->id.chunk, 1U);
}

TEST(ReadyQueue, EncodesBeforeMorePicturesAreStored) {
  ReadyQueue queue;
  queue.AddJob({"a"}, {});
  queue.Insert(kCpu, Task("a", 1));
  ReadyTask encode = Task("a", 9);
  encode.id.stage = Stage::kEncode;
  queue.Insert(kCpu, encode);
  ReadyTask assemble = Task("a", 0);
  assemble.id.stage = Stage::kAssemble;
  queue.Insert(kCpu, assemble);
  EXPECT_EQ(queue.First(kCpuWorker)->id.stage, Stage::kEncode);
  Erase(queue, kCpu, encode);
  EXPECT_EQ(queue.First(kCpuWorker)->id.chunk, 1U);
}

TEST(ReadyQueue, OffersOnlyWhatAWorkerCanDo) {
  ReadyQueue queue;
  queue.AddJob({"a"}, {});
  queue.Insert({.device = "cuda", .memory_bytes = 10}, Task("a", 1));
  EXPECT_EQ(queue.First(kCpuWorker), nullptr);
  EXPECT_EQ(queue.First({.device = "cuda", .memory_bytes = 9}), nullptr);
  EXPECT_NE(queue.First({.device = "cuda", .memory_bytes = 10}), nullptr);
}

TEST(ReadyQueue, HoldsBackAUser) {
  ReadyQueue queue;
  queue.AddJob({"a"}, {"ann", 50, 1});
  queue.Insert(kCpu, Task("a", 1));
  queue.Hold("ann", true);
  EXPECT_TRUE(queue.Empty());
  EXPECT_EQ(queue.First(kCpuWorker), nullptr);
  queue.Insert(kCpu, Task("a", 2));
  Erase(queue, kCpu, Task("a", 1));
  queue.Hold("ann", false);
  EXPECT_FALSE(queue.Empty());
  EXPECT_EQ(queue.First(kCpuWorker)->id.chunk, 2U);
}

// A queue and what a plain set holds after the same random operations.
class Shadowed {
 public:
  explicit Shadowed(std::uint64_t seed) : random_(seed, "ready queue") {
    for (std::uint32_t job = 0; job < 4; ++job) {
      queue_.AddJob({std::to_string(job)}, {kUsers[job % 2], job / 2, job});
    }
  }

  void Step() {
    const std::uint32_t job = random_.Below(4);
    const ReadyTask task = Task(std::to_string(job), random_.Below(5), job);
    switch (random_.Below(4)) {
      case 0:
        Erase(queue_, RequirementOf(task), task);
        expected_.erase(task);
        break;
      case 1:
        queue_.Charge(task.id.job, random_.Below(5));
        break;
      case 2:
        queue_.Hold(kUsers[random_.Below(2)], random_.Chance(0.5));
        break;
      default:
        queue_.Insert(RequirementOf(task), task);
        expected_.insert(task);
    }
  }

  // Lets everybody in, and takes out what is there.
  std::set<ReadyTask> Emptied() {
    for (const char* user : kUsers) {
      queue_.Hold(user, false);
    }
    std::set<ReadyTask> found;
    while (const ReadyTask* const first = queue_.First(kCpuWorker)) {
      found.insert(*first);
      Erase(queue_, RequirementOf(*first), *first);
    }
    return found;
  }

  [[nodiscard]] bool IsEmpty() const { return queue_.Empty(); }
  [[nodiscard]] const std::set<ReadyTask>& expected() const { return expected_; }

 private:
  static constexpr const char* kUsers[] = {"ann", "bob"};

  static Requirement RequirementOf(const ReadyTask& task) {
    return {.device = task.id.chunk % 2 == 0 ? "cpu" : ""};
  }

  simulation::Random random_;
  ReadyQueue queue_;
  std::set<ReadyTask> expected_;
};

// Goal: no task is lost or served twice, whatever is held, charged and taken out.
// Method: seeded random operations; the queue is emptied in the end and must hold what a plain set
// holds.
TEST(ReadyQueue, HoldsExactlyWhatWasPutIn) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Shadowed queue(seed);
    for (int step = 0; step < 200; ++step) {
      queue.Step();
    }
    EXPECT_EQ(queue.Emptied().size(), queue.expected().size()) << "seed " << seed;
    EXPECT_TRUE(queue.IsEmpty()) << "seed " << seed;
  }
}

TEST(ReadyQueue, AJobMovesWithItsPriorityWhileItsTasksWait) {
  ReadyQueue queue;
  const JobId early{"early"};
  const JobId late{"late"};
  queue.AddJob(early, {.user = "ada", .priority = 50, .sequence = 1});
  queue.AddJob(late, {.user = "ada", .priority = 50, .sequence = 2});
  queue.Insert({}, {1, {.job = early}});
  queue.Insert({}, {2, {.job = late}});
  EXPECT_EQ(queue.First({})->id.job, early);
  queue.SetPriority(late, 60);
  EXPECT_EQ(queue.First({})->id.job, late);
  queue.SetPriority(late, 40);
  EXPECT_EQ(queue.First({})->id.job, early);
  queue.Erase({}, 1, {.job = early});
  queue.Erase({}, 2, {.job = late});
  EXPECT_TRUE(queue.Empty());
}

}  // namespace
}  // namespace weft::coordinator
