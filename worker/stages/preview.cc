#include "worker/stages/preview.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include <opencv2/core.hpp>

#include "common/noise.h"

namespace weft::worker {
namespace {

constexpr int kCells = 24;  // On each side of the picture that is encoded.
constexpr int kSpots = 6;   // Of soft colour, on each side.
constexpr int kRgb = 3;
constexpr std::size_t kInputs = 5;  // Four channels, and what is added.
constexpr double kMiddle = 127.5;
constexpr double kSpread = 70;  // Levels; most of what photographs hold lies within twice that.

std::uint8_t ToLevel(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

// Random colours at the corners of a grid, blended between them.
Frame SoftColours(int side) {
  const std::vector<float> corners =
      GaussianNoise(/*seed=*/0, /*stream=*/0, std::size_t{kRgb} * (kSpots + 1) * (kSpots + 1));
  const auto corner = [&](int channel, int x, int y) {
    const int index = (channel * (kSpots + 1) + y) * (kSpots + 1) + x;
    return static_cast<double>(corners[static_cast<std::size_t>(index)]);
  };
  Frame frame{side, side, {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double u = static_cast<double>(x) * kSpots / side;
      const double v = static_cast<double>(y) * kSpots / side;
      const int left = static_cast<int>(u);
      const int top = static_cast<int>(v);
      for (int channel = 0; channel < kRgb; ++channel) {
        const double above = corner(channel, left, top) * (left + 1 - u) +
                             corner(channel, left + 1, top) * (u - left);
        const double below = corner(channel, left, top + 1) * (left + 1 - u) +
                             corner(channel, left + 1, top + 1) * (u - left);
        frame.rgb.push_back(
            ToLevel(kMiddle + kSpread * (above * (top + 1 - v) + below * (v - top))));
      }
    }
  }
  return frame;
}

// Mean level of one channel over the pixels of a cell.
double MeanOf(const Frame& frame, int cell_x, int cell_y, int factor, int channel) {
  double sum = 0;
  for (int y = cell_y * factor; y < (cell_y + 1) * factor; ++y) {
    for (int x = cell_x * factor; x < (cell_x + 1) * factor; ++x) {
      const std::size_t pixel =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(frame.width) +
          static_cast<std::size_t>(x);
      sum += frame.rgb[pixel * kRgb + static_cast<std::size_t>(channel)];
    }
  }
  return sum / (factor * factor);
}

// A cell's channels, and 1 for what is added.
std::array<double, kInputs> InputsOf(const Latents& latents, std::size_t cell) {
  const std::size_t cells = latents.frame_size() / (kInputs - 1);
  std::array<double, kInputs> inputs{};
  for (std::size_t channel = 0; channel + 1 < kInputs; ++channel) {
    inputs[channel] = static_cast<double>(latents.values[channel * cells + cell]);
  }
  inputs[kInputs - 1] = 1;
  return inputs;
}

}  // namespace

Result<PreviewMap> PreviewMap::Fit(models::DiffusionModel& model) {
  const Frame picture = SoftColours(kCells * model.vae_factor());
  WEFT_ASSIGN_OR_RETURN(const Latents latents, model.Encode({picture}));
  assert(latents.channels == static_cast<int>(kChannels));
  cv::Mat_<double> inputs(kCells * kCells, kChannels + 1);
  cv::Mat_<double> levels(kCells * kCells, kRgb);
  for (int cell = 0; cell < kCells * kCells; ++cell) {
    const Row values = InputsOf(latents, static_cast<std::size_t>(cell));
    std::copy(values.begin(), values.end(), inputs[cell]);
    for (int colour = 0; colour < kRgb; ++colour) {
      levels(cell, colour) =
          MeanOf(picture, cell % kCells, cell / kCells, model.vae_factor(), colour);
    }
  }
  // By singular values: an encoder that ignores a colour is no reason to divide by nothing.
  cv::Mat_<double> factors;
  cv::solve(inputs, levels, factors, cv::DECOMP_SVD);
  PreviewMap map;
  for (int colour = 0; colour < kRgb; ++colour) {
    const cv::Mat_<double> column = factors.col(colour);
    std::copy(column.begin(), column.end(), map.rows_[static_cast<std::size_t>(colour)].begin());
  }
  return map;
}

Frame PreviewMap::Picture(const Latents& latents) const {
  assert(latents.channels == static_cast<int>(kChannels) && latents.frames > 0);
  Frame frame{latents.width, latents.height, {}};
  const std::size_t cells = latents.frame_size() / kChannels;
  frame.rgb.reserve(cells * kRgb);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const Row inputs = InputsOf(latents, cell);
    for (const Row& row : rows_) {
      frame.rgb.push_back(ToLevel(std::inner_product(row.begin(), row.end(), inputs.begin(), 0.0)));
    }
  }
  return frame;
}

}  // namespace weft::worker
