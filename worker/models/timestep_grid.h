// Where a schedule's steps lie among the training steps.

#pragma once

#include <vector>

#include "common/result.h"
#include "worker/models/model_config.h"

namespace weft::models {

struct TimestepGrid {
  TimestepSpacing spacing = TimestepSpacing::kLeading;
  int train_steps = 1000;
  int points = 1;
  int offset = 0;  // Added to leading timesteps.
};

// `grid.points` timesteps, the noisiest first. Whole numbers but for linspace:
//   leading   i * (train_steps / points) + offset, the quotient rounded down
//   trailing  round(train_steps - i * train_steps / points) - 1
//   linspace  from train_steps - 1 down to 0, both included; a single one is 0
std::vector<double> Timesteps(const TimestepGrid& grid);

// Each rounded to the nearest whole number, halves to even.
std::vector<double> Rounded(std::vector<double> timesteps);

// kInvalidArgument: two timesteps are the same, or one lies outside 0 .. train_steps-1; the message
// speaks of `steps`.
Status CheckDistinct(const std::vector<double>& timesteps, int steps, int train_steps);

}  // namespace weft::models
