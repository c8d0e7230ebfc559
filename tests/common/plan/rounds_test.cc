#include "common/plan/rounds.h"

#include <numeric>
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

std::vector<std::uint32_t> RandomSteps(std::uint32_t steps, std::mt19937& random) {
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t step = 0; step < steps; ++step) {
    if (random() % 4 == 0) {
      chosen.push_back(step);
    }
  }
  return chosen;
}

TEST(PlanRounds, TakesEveryStepOnceAndHandsEachPredictionToTheNextRound) {
  for (unsigned seed = 0; seed < 500 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::uint32_t steps = 1 + random() % 30;
    const std::uint32_t first_step = random() % (steps + 1);
    const std::vector<Round> rounds = PlanRounds(steps, first_step, RandomSteps(steps, random));
    std::vector<std::uint32_t> every_step(steps - first_step);
    std::iota(every_step.begin(), every_step.end(), first_step);
    EXPECT_EQ(StepsTaken(rounds), every_step);
    EXPECT_FALSE(rounds.front().smooth_step.has_value());
    EXPECT_FALSE(rounds.back().predict_step.has_value());
    for (std::size_t i = 1; i < rounds.size(); ++i) {
      EXPECT_TRUE(rounds[i].smooth_step.has_value());
      EXPECT_EQ(rounds[i - 1].predict_step, rounds[i].smooth_step);
    }
  }
}

TEST(PlanJointRounds, IsARoundAStepAndTwoWhereFramesAreSmoothed) {
  EXPECT_THAT(PlanJointRounds(5, 2, {1, 3}, 1),
              ElementsAre(Round{.first_step = 2, .last_step = 3},
                          Round{.first_step = 3, .last_step = 3, .predict_step = 3},
                          Round{.smooth_step = 3, .first_step = 4, .last_step = 4},
                          Round{.first_step = 4, .last_step = 5}));
}

TEST(PlanJointRounds, CutsTheStepsBetweenSmoothingStepsIntoEqualParts) {
  EXPECT_THAT(
      PlanJointRounds(9, 0, {4}, 3),
      ElementsAre(Round{.first_step = 0, .last_step = 2},
                  Round{.first_step = 2, .last_step = 4, .predict_step = 4},
                  Round{.smooth_step = 4, .first_step = 5, .last_step = 5},
                  Round{.first_step = 5, .last_step = 7}, Round{.first_step = 7, .last_step = 9}));
}

TEST(PlanJointRounds, IsAnEmptyRoundWhenNoStepIsLeft) {
  EXPECT_THAT(PlanJointRounds(5, 5, {}, 1), ElementsAre(Round{.first_step = 5, .last_step = 5}));
}

TEST(PlanJointRounds, TakesEveryStepOnceInRoundsThatAreNotTooLong) {
  for (unsigned seed = 0; seed < 500 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::uint32_t steps = 1 + random() % 30;
    const std::uint32_t first_step = random() % (steps + 1);
    const std::uint32_t round_steps = 1 + random() % 8;
    const std::vector<Round> rounds =
        PlanJointRounds(steps, first_step, RandomSteps(steps, random), round_steps);
    std::vector<std::uint32_t> every_step(steps - first_step);
    std::iota(every_step.begin(), every_step.end(), first_step);
    EXPECT_EQ(StepsTaken(rounds), every_step);
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      EXPECT_LE(Evaluations(rounds[i]), round_steps);
      EXPECT_EQ(rounds[i].smooth_step, i == 0 ? std::nullopt : rounds[i - 1].predict_step);
      EXPECT_TRUE(!rounds[i].smooth_step || Evaluations(rounds[i]) == 0);
    }
  }
}

}  // namespace
}  // namespace weft
