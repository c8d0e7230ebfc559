#include "worker/deflicker/float_plane.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "worker/deflicker/instruction_sets.h"

namespace weft::deflicker {
namespace {

// Rows that are summed side by side: one running sum alone waits for itself.
constexpr int kRowsAtOnce = 8;

// Means along kRowsAtOnce rows that lie interleaved, `radius` repeated pixels before and after
// them.
WEFT_FOR_EVERY_VECTOR_UNIT void MeansAlong(const float* from, int width, int radius, float* to) {
  const float scale = 1.0F / static_cast<float>(2 * radius + 1);
  float sums[kRowsAtOnce] = {};
  for (int x = 0; x < 2 * radius; ++x) {
    for (int row = 0; row < kRowsAtOnce; ++row) {
      sums[row] += from[x * kRowsAtOnce + row];
    }
  }
  const float* const newest = from + static_cast<std::ptrdiff_t>(2 * radius) * kRowsAtOnce;
  for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(width) * kRowsAtOnce;
       i += kRowsAtOnce) {
    for (int row = 0; row < kRowsAtOnce; ++row) {
      sums[row] += newest[i + row];
      to[i + row] = sums[row] * scale;
      sums[row] -= from[i + row];
    }
  }
}

void BlurRows(const FloatPlane& plane, int radius, FloatPlane* blurred) {
  const int padded = plane.width + 2 * radius;
  std::vector<float> from(static_cast<std::size_t>(padded) * kRowsAtOnce);
  std::vector<float> to(static_cast<std::size_t>(plane.width) * kRowsAtOnce);
  for (int y = 0; y < plane.height; y += kRowsAtOnce) {
    const int rows = std::min(kRowsAtOnce, plane.height - y);
    for (int row = 0; row < rows; ++row) {
      const float* const values = plane.Row(y + row);
      float* next = from.data() + row;
      for (int x = -radius; x < plane.width + radius; ++x, next += kRowsAtOnce) {
        *next = values[std::clamp(x, 0, plane.width - 1)];
      }
    }
    MeansAlong(from.data(), plane.width, radius, to.data());
    for (int row = 0; row < rows; ++row) {
      float* const values = blurred->Row(y + row);
      for (int x = 0; x < plane.width; ++x) {
        values[x] = to[static_cast<std::size_t>(x) * kRowsAtOnce + static_cast<std::size_t>(row)];
      }
    }
  }
}

WEFT_FOR_EVERY_VECTOR_UNIT void AddRow(const float* row, int width, float* sums) {
  for (int x = 0; x < width; ++x) {
    sums[x] += row[x];
  }
}

WEFT_FOR_EVERY_VECTOR_UNIT void ScaleAndSubtract(
    float scale, const float* oldest, int width, float* sums, float* to) {
  for (int x = 0; x < width; ++x) {
    to[x] = sums[x] * scale;
    sums[x] -= oldest[x];
  }
}

FloatPlane Mean(const FloatPlane& plane, int radius) {
  FloatPlane rows(plane.width, plane.height);
  BlurRows(plane, radius, &rows);
  FloatPlane mean(plane.width, plane.height);
  const auto row = [&](int y) { return rows.Row(std::clamp(y, 0, plane.height - 1)); };
  std::vector<float> sums(static_cast<std::size_t>(plane.width));
  for (int y = -radius; y < radius; ++y) {
    AddRow(row(y), plane.width, sums.data());
  }
  const float scale = 1.0F / static_cast<float>(2 * radius + 1);
  for (int y = 0; y < plane.height; ++y) {
    AddRow(row(y + radius), plane.width, sums.data());
    ScaleAndSubtract(scale, row(y - radius), plane.width, sums.data(), mean.Row(y));
  }
  return mean;
}

// Four values at once (an extension of GCC and Clang).
using Four = float __attribute__((vector_size(16)));
using FourLevels = std::int16_t __attribute__((vector_size(8), may_alias, aligned(2)));
using FourDeep = std::uint16_t __attribute__((vector_size(8), may_alias, aligned(2)));

// Catmull-Rom weights of the four pixels around a position `f` after the second, 0 <= f < 1.
WEFT_ALWAYS_INLINE Four CubicAt(float f) {
  const float f2 = f * f;
  const float f3 = f2 * f;
  return Four{0.5F * (2 * f2 - f3 - f), 0.5F * (3 * f3 - 5 * f2 + 2), 0.5F * (4 * f2 - 3 * f3 + f),
              0.5F * (f3 - f2)};
}

// A position between pixels: the whole one below it and the rest.
struct Between {
  int whole = 0;
  float rest = 0;
};

// REQUIRES: low <= 0.
WEFT_ALWAYS_INLINE Between Split(float position, int low, int high) {
  const float clamped =
      std::min(std::max(position, static_cast<float>(low)), static_cast<float>(high));
  // Rounds down: the conversion drops what follows the point of a number that is not negative.
  const int whole = static_cast<int>(clamped - static_cast<float>(low)) + low;
  return {whole, clamped - static_cast<float>(whole)};
}

// Of each value to a level of 0..255.
template <typename Value>
constexpr float kLevel = std::is_same_v<Value, std::uint16_t> ? 1.0F / 257.0F : 1.0F;

// FourValues: a vector of Value.
template <typename FourValues, typename Value>
WEFT_ALWAYS_INLINE void Warp(const PicturePlanes<Value>& planes,
                             const Flow& flow,
                             FloatPlane (*warped)[3]) {
  constexpr int kReach = 8;  // Beyond the edge, well inside the margin.
  for (int y = 0; y < planes.Height(); ++y) {
    for (int x = 0; x < planes.Width(); ++x) {
      const Between across =
          Split(static_cast<float>(x) + flow.dx.Row(y)[x], -kReach, planes.Width() - 1 + kReach);
      const Between down =
          Split(static_cast<float>(y) + flow.dy.Row(y)[x], -kReach, planes.Height() - 1 + kReach);
      const Four columns = CubicAt(across.rest);
      const Four rows = CubicAt(down.rest);
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        const Value* pixels = planes.At(channel, across.whole - 1, down.whole - 1);
        Four sums = {};
        for (int row = 0; row < 4; ++row) {
          const auto values = *reinterpret_cast<const FourValues*>(pixels);
          sums += rows[row] * __builtin_convertvector(values, Four);
          pixels += planes.Stride();
        }
        sums *= columns;
        (*warped)[channel].Row(y)[x] = ((sums[0] + sums[1]) + (sums[2] + sums[3])) * kLevel<Value>;
      }
    }
  }
}

}  // namespace

FloatPlane Blurred(const FloatPlane& plane, int radius) {
  return Mean(Mean(plane, radius), radius);
}

FloatPlane Luma(const MatchPlanes& planes) {
  FloatPlane luma(planes.Width(), planes.Height());
  for (int y = 0; y < luma.height; ++y) {
    float* const row = luma.Row(y);
    for (int x = 0; x < luma.width; ++x) {
      const auto level = [&](int channel) { return static_cast<float>(*planes.At(channel, x, y)); };
      row[x] = 0.299F * level(0) + 0.587F * level(1) + 0.114F * level(2);
    }
  }
  return luma;
}

FloatPlane LocallyNormalized(const FloatPlane& plane) {
  constexpr int kRadius = 10;
  constexpr float kDeviationFloor = 6;
  constexpr float kGain = 40;
  FloatPlane squares(plane.width, plane.height);
  for (std::size_t i = 0; i < plane.values.size(); ++i) {
    squares.values[i] = plane.values[i] * plane.values[i];
  }
  const FloatPlane mean = Blurred(plane, kRadius);
  const FloatPlane mean_square = Blurred(squares, kRadius);
  FloatPlane normalized(plane.width, plane.height);
  for (std::size_t i = 0; i < plane.values.size(); ++i) {
    const float variance = mean_square.values[i] - mean.values[i] * mean.values[i];
    const float deviation = std::sqrt(std::max(variance, 0.0F)) + kDeviationFloor;
    normalized.values[i] = kGain * (plane.values[i] - mean.values[i]) / deviation;
  }
  return normalized;
}

Frame LocallyNormalized(const Frame& frame) {
  Frame normalized{frame.width, frame.height, std::vector<std::uint8_t>(frame.rgb.size())};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    FloatPlane plane(frame.width, frame.height);
    for (std::size_t i = 0; i < plane.values.size(); ++i) {
      plane.values[i] = frame.rgb[3 * i + channel];
    }
    plane = LocallyNormalized(plane);
    for (std::size_t i = 0; i < plane.values.size(); ++i) {
      const float level = std::nearbyint(plane.values[i] + 128.0F);
      normalized.rgb[3 * i + channel] = static_cast<std::uint8_t>(std::clamp(level, 0.0F, 255.0F));
    }
  }
  return normalized;
}

WEFT_FOR_EVERY_VECTOR_UNIT FloatPlane WarpedLinear(const FloatPlane& plane, const Flow& flow) {
  FloatPlane warped(plane.width, plane.height);
  for (int y = 0; y < plane.height; ++y) {
    float* const row = warped.Row(y);
    for (int x = 0; x < plane.width; ++x) {
      const Between across = Split(static_cast<float>(x) + flow.dx.Row(y)[x], 0, plane.width - 1);
      const Between down = Split(static_cast<float>(y) + flow.dy.Row(y)[x], 0, plane.height - 1);
      const float* const upper = plane.Row(down.whole) + across.whole;
      const float* const lower =
          plane.Row(std::min(down.whole + 1, plane.height - 1)) + across.whole;
      const int next = across.whole + 1 < plane.width ? 1 : 0;
      const float above = upper[0] + across.rest * (upper[next] - upper[0]);
      const float below = lower[0] + across.rest * (lower[next] - lower[0]);
      row[x] = above + down.rest * (below - above);
    }
  }
  return warped;
}

WEFT_FOR_EVERY_VECTOR_UNIT void WarpCubic(const MatchPlanes& planes,
                                          const Flow& flow,
                                          FloatPlane (*warped)[3]) {
  Warp<FourLevels>(planes, flow, warped);
}

WEFT_FOR_EVERY_VECTOR_UNIT void WarpCubic(const DeepPlanes& planes,
                                          const Flow& flow,
                                          FloatPlane (*warped)[3]) {
  Warp<FourDeep>(planes, flow, warped);
}

}  // namespace weft::deflicker
