#include "common/plan/rounds.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;

// What Python says for n - min(int(n * s), n).
TEST(FirstStep, CountsAsDiffusersDoes) {
  const double strengths[] = {0.3, 0.6, 0.7, 0.8, 1.0};
  const std::uint32_t of_10[] = {7, 4, 3, 2, 0};
  const std::uint32_t of_20[] = {14, 8, 6, 4, 0};
  const std::uint32_t of_50[] = {35, 20, 15, 10, 0};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(FirstStep(10, strengths[i]), of_10[i]) << strengths[i];
    EXPECT_EQ(FirstStep(20, strengths[i]), of_20[i]) << strengths[i];
    EXPECT_EQ(FirstStep(50, strengths[i]), of_50[i]) << strengths[i];
  }
}

TEST(FirstStep, IsTheEndWhenNoStepIsLeft) {
  EXPECT_EQ(FirstStep(10, 0.05), 10U);
  EXPECT_EQ(FirstStep(1, 0.99), 1U);
}

TEST(PlanRounds, IsOneRoundWithoutSmoothing) {
  EXPECT_THAT(PlanRounds(20, 4, {}), ElementsAre(Round{.first_step = 4, .last_step = 20}));
}

TEST(PlanRounds, EndsARoundWithEachSmoothingStep) {
  EXPECT_THAT(
      PlanRounds(20, 4, {2, 4, 9, 19}),
      ElementsAre(Round{.first_step = 4, .last_step = 4, .predict_step = 4},
                  Round{.smooth_step = 4, .first_step = 5, .last_step = 9, .predict_step = 9},
                  Round{.smooth_step = 9, .first_step = 10, .last_step = 19, .predict_step = 19},
                  Round{.smooth_step = 19, .first_step = 20, .last_step = 20}));
}

// The steps that `rounds` take, in the order in which they take them.
std::vector<std::uint32_t> StepsTaken(const std::vector<Round>& rounds) {
  std::vector<std::uint32_t> taken;
  for (const Round& round : rounds) {
    if (round.smooth_step) {
      taken.push_back(*round.smooth_step);
    }
    for (std::uint32_t step = round.first_step; step < round.last_step; ++step) {
      taken.push_back(step);
    }
  }
  return taken;
}

TEST(PlanRounds, TakesEveryStepOnceAndHandsEachPredictionToTheNextRound) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::uint32_t steps = 1 + random() % 30;
    const std::uint32_t first_step = random() % (steps + 1);
    std::vector<std::uint32_t> smooth_steps;
    for (std::uint32_t step = 0; step < steps; ++step) {
      if (random() % 4 == 0) {
        smooth_steps.push_back(step);
      }
    }
    const std::vector<Round> rounds = PlanRounds(steps, first_step, smooth_steps);
    std::vector<std::uint32_t> every_step;
    for (std::uint32_t step = first_step; step < steps; ++step) {
      every_step.push_back(step);
    }
    ASSERT_EQ(StepsTaken(rounds), every_step);
    ASSERT_FALSE(rounds.front().smooth_step.has_value());
    ASSERT_FALSE(rounds.back().predict_step.has_value());
    for (std::size_t i = 1; i < rounds.size(); ++i) {
      ASSERT_TRUE(rounds[i].smooth_step.has_value());
      ASSERT_EQ(rounds[i - 1].predict_step, rounds[i].smooth_step);
    }
  }
}

}  // namespace
}  // namespace weft
