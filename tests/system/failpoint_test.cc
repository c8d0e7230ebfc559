// kill -9 at every place where work changes hands, on the programs that people run: whatever dies,
// the frames are those of an undisturbed run, and nothing is left over.

#include <array>
#include <csignal>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"
#include "tests/system/standalone_farm.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

struct Place {
  const char* name;  // common/failpoint.h
  int visit;
};

// Some in the midst of the job, where a later visit is worth more than the first.
constexpr std::array kPlaces = {
    Place{"coordinator/before-commit", 1}, Place{"coordinator/before-commit", 5},
    Place{"coordinator/after-commit", 1},  Place{"coordinator/after-commit", 6},
    Place{"coordinator/before-letter", 1}, Place{"coordinator/before-letter", 9},
    Place{"store/before-put", 1},          Place{"store/after-put", 2},
    Place{"worker/before-start", 2},       Place{"worker/after-task", 2},
    Place{"outbox/before-rename", 2},      Place{"outbox/after-keep", 3},
    Place{"outbox/before-forget", 2},      Place{"output/before-rename", 1},
    Place{"output/after-rename", 1},
};

class Failpoints : public Rendering {
 protected:
  // A deflicker job of several chunks, none of which takes long.
  [[nodiscard]] v1::JobSpec Job(const std::string& output) const {
    v1::JobSpec spec;
    spec.set_kind(v1::JOB_KIND_DEFLICKER);
    spec.set_input_path(clip_);
    spec.set_output_path(output);
    spec.set_smoothing_mode(v1::SMOOTHING_MODE_BALANCED);
    spec.set_window(2);
    spec.set_chunk_frames(8);
    spec.set_lossless(true);
    return spec;
  }

  [[nodiscard]] std::string Hashes(const std::string& clip) const {
    return FrameHashes(clip, commands_.path().string());
  }

  // The frames of an undisturbed run.
  [[nodiscard]] std::string Undisturbed(const v1::JobSpec& job) const {
    v1::JobSpec calm = job;
    calm.set_output_path(Path("calm.mkv"));
    StandaloneFarm farm({.folder = Path("calm")});
    farm.Submit(calm);
    EXPECT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
    return Hashes(calm.output_path());
  }

  static void ExpectNothingLeft(StandaloneFarm& farm) {
    farm.Stop();
    EXPECT_EQ(farm.KeptOutcomes(), 0U);
    const Outcome check = farm.Check();
    EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
  }
};

TEST_F(Failpoints, AKillAnywhereChangesNothing) {
  const std::string calm = Undisturbed(Job(""));
  for (const Place& place : kPlaces) {
    const std::string name = place.name + (":" + std::to_string(place.visit));
    SCOPED_TRACE(name);
    const std::string folder = Path("farm");
    const std::string died = Path("died");
    const v1::JobSpec job = Job(Path("out.mkv"));
    std::string armed = "WEFT_FAILPOINT=";
    armed.append(name).append(":").append(died);
    StandaloneFarm farm({.folder = folder, .environment = {armed}});
    farm.Submit(job);
    ASSERT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
    EXPECT_TRUE(std::filesystem::exists(died)) << "nobody came there";
    EXPECT_GE(farm.Restarts(), 1);
    EXPECT_EQ(Hashes(job.output_path()), calm);
    ExpectNothingLeft(farm);
    for (const std::string& leftover : Contents(folder_.path().string())) {
      EXPECT_THAT(leftover, ::testing::Not(HasSubstr(".part"))) << "left behind";
    }
    for (const std::string& made : {folder, died, job.output_path()}) {
      std::filesystem::remove_all(made);
    }
  }
}

// Goal: a worker that slept beyond its lease, and comes back with the result of a task that another
// one has taken over, changes nothing.
TEST_F(Failpoints, AWorkerThatWakesAfterItsLeaseChangesNothing) {
  v1::JobSpec job = Job(Path("out.mkv"));
  job.set_window(12);
  job.set_chunk_frames(3);
  const std::string calm = Undisturbed(job);
  const std::string asleep = Path("asleep");
  StandaloneFarm farm({.folder = Path("farm"),
                       .worker_count = 2,
                       .lease = std::chrono::milliseconds(1500),
                       .environment = {"WEFT_FAILPOINT=worker/after-task:2:stop:" + asleep}});
  farm.Submit(job);
  // The job cannot end before: the sleeper holds a task of it.
  while (farm.Notes().find(" was lost") == std::string::npos &&
         !cli::HasEnded(farm.Status().state())) {
    farm.Live();
  }
  EXPECT_THAT(farm.Notes(), HasSubstr(" was lost"));
  EXPECT_TRUE(std::filesystem::exists(asleep)) << "nobody came there";
  EXPECT_FALSE(cli::HasEnded(farm.Status().state()));
  for (const std::size_t worker : {0, 1}) {
    farm.Worker(worker).Signal(SIGCONT);
  }
  ASSERT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
  EXPECT_EQ(farm.Restarts(), 0);
  EXPECT_EQ(Hashes(job.output_path()), calm);
  ExpectNothingLeft(farm);
}

}  // namespace
}  // namespace weft::testing
