#include "tests/coordinator/core/farm_simulation.h"

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

constexpr std::uint64_t kSeeds = 300;

// Goal: whatever workers, network and coordinator go through, no task has two holders, no committed
// result is lost or overwritten, no task starts before its inputs exist, and every job ends.
// Method: seeded chaos, every invariant checked after every event; a failure names the seed that
// replays it.
TEST(FarmSimulation, KeepsItsPromisesThroughCrashesAndABadNetwork) {
  FarmSimulation::Report all;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const FarmSimulation::Report report = FarmSimulation(seed).Run();
    ASSERT_EQ(report.breach, "") << "seed " << seed;
    all.jobs_done += report.jobs_done;
    all.jobs_ended += report.jobs_ended;
    all.restarts += report.restarts;
    all.worker_crashes += report.worker_crashes;
    all.superseded += report.superseded;
  }
  // Chaos that kills most jobs, or disturbs nothing, would prove little.
  EXPECT_GT(all.jobs_done, all.jobs_ended * 8 / 10);
  EXPECT_GT(all.restarts, static_cast<int>(kSeeds));
  EXPECT_GT(all.worker_crashes, static_cast<int>(kSeeds));
  EXPECT_GT(all.superseded, 0);
  std::cout << all.jobs_done << " of " << all.jobs_ended << " jobs done, " << all.restarts
            << " restarts, " << all.worker_crashes << " worker crashes, " << all.superseded
            << " superseded outcomes\n";
}

TEST(FarmSimulation, ReplaysASeed) {
  const FarmSimulation::Report first = FarmSimulation(7).Run();
  const FarmSimulation::Report second = FarmSimulation(7).Run();
  EXPECT_EQ(first.restarts, second.restarts);
  EXPECT_EQ(first.worker_crashes, second.worker_crashes);
  EXPECT_EQ(first.superseded, second.superseded);
}

}  // namespace
}  // namespace weft::coordinator
