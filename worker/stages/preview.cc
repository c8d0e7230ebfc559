#include "worker/stages/preview.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "common/noise.h"

namespace weft::worker {
namespace {

constexpr int kCells = 24;  // On each side of the picture that is encoded.
constexpr int kSpots = 6;   // Of soft colour, on each side.
constexpr int kRgb = 3;
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
      sum += frame.rgb[static_cast<std::size_t>((y * frame.width + x) * kRgb + channel)];
    }
  }
  return sum / (factor * factor);
}

template <std::size_t kSize>
using Matrix = std::array<std::array<double, kSize>, kSize>;
template <std::size_t kSize>
using Vector = std::array<double, kSize>;

// Brings the row with the largest entry of `column` to its place.
template <std::size_t kSize>
void Pivot(std::size_t column, Matrix<kSize>& a, Vector<kSize>& b) {
  std::size_t largest = column;
  for (std::size_t row = column + 1; row < kSize; ++row) {
    if (std::abs(a[row][column]) > std::abs(a[largest][column])) {
      largest = row;
    }
  }
  std::swap(a[largest], a[column]);
  std::swap(b[largest], b[column]);
}

// x of a * x = b, by Gauss and Jordan's elimination. REQUIRES: a positive definite matrix.
template <std::size_t kSize>
Vector<kSize> Solution(Matrix<kSize> a, Vector<kSize> b) {
  for (std::size_t column = 0; column < kSize; ++column) {
    Pivot(column, a, b);
    for (std::size_t row = 0; row < kSize; ++row) {
      const double factor = row == column ? 0 : a[row][column] / a[column][column];
      for (std::size_t i = 0; i < kSize; ++i) {
        a[row][i] -= factor * a[column][i];
      }
      b[row] -= factor * b[column];
    }
  }
  for (std::size_t row = 0; row < kSize; ++row) {
    b[row] /= a[row][row];
  }
  return b;
}

// A cell's channels, and 1 for what is added. [kInputs - 1, height, width] values.
template <std::size_t kInputs>
Vector<kInputs> InputsOf(const Latents& latents, std::size_t cell) {
  const std::size_t cells = latents.frame_size() / (kInputs - 1);
  Vector<kInputs> inputs{};
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
  Matrix<kChannels + 1> squares{};
  std::array<Row, kRgb> products{};
  // An encoder that ignores colour would leave nothing to divide by.
  constexpr double kRidge = 1e-6;
  for (std::size_t i = 0; i <= kChannels; ++i) {
    squares[i][i] = kRidge;
  }
  for (int cell = 0; cell < kCells * kCells; ++cell) {
    const Row inputs = InputsOf<kChannels + 1>(latents, static_cast<std::size_t>(cell));
    for (std::size_t i = 0; i <= kChannels; ++i) {
      std::transform(inputs.begin(), inputs.end(), squares[i].begin(), squares[i].begin(),
                     [&](double input, double sum) { return sum + input * inputs[i]; });
    }
    for (int colour = 0; colour < kRgb; ++colour) {
      const double level =
          MeanOf(picture, cell % kCells, cell / kCells, model.vae_factor(), colour);
      Row& sums = products[static_cast<std::size_t>(colour)];
      std::transform(inputs.begin(), inputs.end(), sums.begin(), sums.begin(),
                     [&](double input, double sum) { return sum + input * level; });
    }
  }
  PreviewMap map;
  std::transform(products.begin(), products.end(), map.rows_.begin(),
                 [&](const Row& product) { return Solution<kChannels + 1>(squares, product); });
  return map;
}

Frame PreviewMap::Picture(const Latents& latents) const {
  assert(latents.channels == static_cast<int>(kChannels) && latents.frames > 0);
  Frame frame{latents.width, latents.height, {}};
  const std::size_t cells = latents.frame_size() / kChannels;
  frame.rgb.reserve(cells * kRgb);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const Row inputs = InputsOf<kChannels + 1>(latents, cell);
    for (const Row& row : rows_) {
      frame.rgb.push_back(ToLevel(std::inner_product(row.begin(), row.end(), inputs.begin(), 0.0)));
    }
  }
  return frame;
}

}  // namespace weft::worker
