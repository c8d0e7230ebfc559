#include "worker/models/timestep_grid.h"

#include <cmath>
#include <string>

namespace weft::models {

std::vector<double> Timesteps(const TimestepGrid& grid) {
  const double train = grid.train_steps;
  const int leading_stride = grid.train_steps / grid.points;
  // As numpy.arange counts: where a timestep lies half-way, the last bit decides its rounding.
  const double trailing_stride = (train - train / grid.points) - train;
  std::vector<double> timesteps;
  for (int i = 0; i < grid.points; ++i) {
    const int from_end = grid.points - 1 - i;
    switch (grid.spacing) {
      case TimestepSpacing::kLeading:
        timesteps.push_back(from_end * leading_stride + grid.offset);
        break;
      case TimestepSpacing::kTrailing:
        timesteps.push_back(std::nearbyint(train + i * trailing_stride) - 1.0);
        break;
      case TimestepSpacing::kLinspace:
        timesteps.push_back(from_end == 0 ? 0.0 : from_end * ((train - 1.0) / (grid.points - 1)));
        break;
    }
  }
  return timesteps;
}

std::vector<double> Rounded(std::vector<double> timesteps) {
  for (double& timestep : timesteps) {
    timestep = std::nearbyint(timestep);
  }
  return timesteps;
}

Status CheckDistinct(const std::vector<double>& timesteps, int steps, int train_steps) {
  double above = train_steps;
  for (const double timestep : timesteps) {
    if (timestep >= above || timestep < 0.0) {
      return Failure(ErrorCode::kInvalidArgument,
                     std::to_string(steps) + " steps do not fit into the model's " +
                         std::to_string(train_steps) +
                         " training steps; fewer steps, or another timestep spacing, do");
    }
    above = timestep;
  }
  return {};
}

}  // namespace weft::models
