// kill -9 of a farm's coordinator and workers, again and again, over one render.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "coordinator/cli/batch_file.h"
#include "coordinator/cli/job_options.h"
#include "coordinator/ledger/record_bytes.h"
#include "coordinator/ledger/rocks_records.h"
#include "tests/system/rendering.h"
#include "tests/system/standalone_farm.h"

namespace weft::testing {
namespace {

constexpr unsigned kSeed = 20261126;
constexpr int kKillsInPassing = 12;  // Where WEFT_KILLS does not ask for more.

int KillsAskedFor() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread by then.
  const char* const asked = std::getenv("WEFT_KILLS");
  return asked == nullptr ? kKillsInPassing : std::stoi(asked);
}

// Which attempt of each task counts, as far as its ledger was seen: that never changes.
class Commits {
 public:
  explicit Commits(std::string ledger) : ledger_(std::move(ledger)) {}

  // While its owner lives, files may go away from under the look, which then counts for nothing.
  void Look() {
    using coordinator::RocksRecords;
    const auto records = RocksRecords::Open(ledger_, RocksRecords::Mode::kLookAt);
    const auto all = records ? (*records)->ReadAll() : Failure(records.error());
    if (!all) {
      return;
    }
    ++looks_;
    for (const coordinator::RawRecord& record : *all) {
      const auto value = coordinator::FromBytes(record.key, record.bytes);
      if (value && value->has_task() && value->task().state() == v1::TASK_STATE_DONE) {
        Note(record.key, value->task());
      }
    }
  }

  [[nodiscard]] int Looks() const { return looks_; }
  [[nodiscard]] std::size_t Tasks() const { return committed_.size(); }

 private:
  void Note(const std::string& key, const v1::TaskRecord& task) {
    const std::pair attempt(task.attempt(), task.epoch());
    const auto known = committed_.emplace(key, attempt).first;
    EXPECT_EQ(known->second, attempt) << key << " was committed twice";
  }

  std::string ledger_;
  std::map<std::string, std::pair<std::uint32_t, std::uint64_t>> committed_;
  int looks_ = 0;
};

class FarmKill : public Rendering {
 protected:
  // As many tasks as so many kills need, each of them short.
  [[nodiscard]] v1::JobSpec Job(const std::string& output, int kills) const {
    const int chunk_frames = kills > 50 ? 1 : 3;
    const int steps = kills > 50 ? 24 : 12;
    const std::string text = "input: " + clip_ + "\noutput: " + output +
                             "\nmodel: " WEFT_SOURCE_DIR
                             "/deploy/models/weft-demo\nprompt: neon glow\nstrength: 1\n"
                             "lossless: true\nsmooth-steps: [2]\nwindow: 2\nsteps: " +
                             std::to_string(steps) + "\nchunk: " + std::to_string(chunk_frames) +
                             "\n";
    const auto jobs = cli::ReadBatchText(text, Path("job.yaml"), {});
    EXPECT_TRUE(jobs) << jobs.error().message();
    return cli::ResolveSpec(jobs->front().options).value();
  }

  [[nodiscard]] std::string Undisturbed(int kills) const {
    const v1::JobSpec job = Job(Path("calm.mkv"), kills);
    StandaloneFarm farm({.folder = Path("calm"), .worker_count = 2});
    farm.Submit(job);
    EXPECT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
    return FrameHashes(job.output_path(), commands_.path().string());
  }
};

// Goal: whoever dies, the picture is the same, no task counts twice, and nothing is left over.
// Method: a coordinator and two workers, one render, SIGKILL to one of the three at random moments,
// and the frames of an undisturbed render beside it. WEFT_KILLS says how many.
TEST_F(FarmKill, AsOftenAsAskedChangesNothing) {
  const int kills_asked = KillsAskedFor();
  const std::string calm = Undisturbed(kills_asked);
  const v1::JobSpec job = Job(Path("out.mkv"), kills_asked);
  StandaloneFarm farm({.folder = Path("farm"), .worker_count = 2});
  Commits commits(Path("farm/state/ledger"));
  farm.Submit(job);
  std::mt19937 random(kSeed);
  std::map<std::string, int> kills;
  int count = 0;
  while (count < kills_asked && !cli::HasEnded(farm.Status().state())) {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(200 + random() % 1200);
    while (std::chrono::steady_clock::now() < until && !cli::HasEnded(farm.Status().state())) {
      farm.Live();
    }
    const std::size_t victim = random() % 3;
    const Command& process = victim < 2 ? farm.Worker(victim) : farm.Coordinator();
    ::kill(process.pid(), SIGKILL);
    ++kills[victim < 2 ? "workers" : "coordinator"];
    ++count;
    if (victim == 2) {
      commits.Look();
    }
  }
  ASSERT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
  EXPECT_EQ(count, kills_asked) << "the render was too short for so many kills";
  farm.Stop();
  commits.Look();
  EXPECT_GT(commits.Looks(), 1);
  EXPECT_EQ(FrameHashes(job.output_path(), commands_.path().string()), calm);
  EXPECT_EQ(farm.KeptOutcomes(), 0U);
  const Outcome check = farm.Check();
  EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
  for (const std::string& leftover : Contents(folder_.path().string())) {
    EXPECT_THAT(leftover, ::testing::Not(::testing::HasSubstr(".part"))) << "left behind";
  }
  std::cout << kills["coordinator"] << " kills of the coordinator, " << kills["workers"]
            << " of workers; " << commits.Tasks() << " tasks were seen committed in "
            << commits.Looks() << " looks at the ledger\n";
}

}  // namespace
}  // namespace weft::testing
