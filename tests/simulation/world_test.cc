#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include "tests/simulation/shrink.h"

namespace weft::simulation {
namespace {

constexpr std::uint64_t kSeeds = 1000;

// Goal: whatever workers, network, disk and coordinator go through, no promise of the farm is
// broken. Method: seeded chaos around the real core and the real agents, every invariant checked
// after every event; `farm-simulation --seeds N:N` shows a seed that fails.
TEST(Simulation, KeepsTheFarmsPromises) {
  std::uint32_t done = 0;
  std::uint32_t ended = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Scenario scenario = DrawScenario(seed, 0);
    const Report report = World(scenario, false).Run();
    ASSERT_EQ(report.breach, "") << "seed " << seed;
    done += report.jobs_done;
    ended += report.jobs_ended;
  }
  // Chaos that kills most jobs would prove little.
  EXPECT_GT(done, ended * 7 / 10);
}

TEST(Simulation, ReplaysASeed) {
  const Scenario scenario = DrawScenario(64, 0);
  const Report first = World(scenario, true).Run();
  const Report second = World(scenario, true).Run();
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_GT(first.steps, 100U);
}

// A scenario that cannot end stands in for a broken core.
TEST(Simulation, ShrinksAFailingRunToWhatItTakes) {
  Scenario scenario = DrawScenario(64, 0);
  scenario.options.retry.errors.failures_max = 1'000'000;
  scenario.options.retry.workers_lost.failures_max = 1'000'000;
  scenario.options.patience = std::chrono::hours(9000);
  scenario.habits.work_min = std::chrono::hours(9000);
  scenario.habits.work_max = std::chrono::hours(9001);
  scenario.options.heartbeat = std::chrono::minutes(2);
  scenario.options.silence = std::chrono::minutes(10);
  scenario.options.lease = std::chrono::minutes(20);
  ASSERT_EQ(World(scenario, false).Run().breach, "a job did not end");
  const Scenario small = Shrink(scenario);
  EXPECT_TRUE(small.faults.empty());
  EXPECT_EQ(small.orders.size(), 1U);
  EXPECT_EQ(small.worker_count, 1U);
  EXPECT_EQ(World(small, false).Run().breach, "a job did not end");
}

}  // namespace
}  // namespace weft::simulation
