#include "worker/stages/look_texture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <utility>

namespace weft::worker {
namespace {

// One channel of one frame.
struct Plane {
  int height = 0;
  int width = 0;
  std::vector<double> values;
};

// Cells beyond an edge repeat those before it, mirrored; small planes more than once.
int Mirrored(int at, int size) {
  const int period = std::max(2 * (size - 1), 1);
  const int within = ((at % period) + period) % period;
  return std::min(within, period - within);
}

// Along one axis, with the taps `reach` cells apart.
Plane Blurred(const Plane& plane, int reach, bool down) {
  constexpr std::array<double, 5> kSpline = {1.0 / 16, 4.0 / 16, 6.0 / 16, 4.0 / 16, 1.0 / 16};
  Plane blurred{plane.height, plane.width, std::vector<double>(plane.values.size())};
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) {
      double sum = 0;
      for (int tap = 0; tap < 5; ++tap) {
        const int step = (tap - 2) * reach;
        const int row = down ? Mirrored(y + step, plane.height) : y;
        const int column = down ? x : Mirrored(x + step, plane.width);
        sum += kSpline.at(tap) * plane.values[static_cast<std::size_t>(row) * plane.width + column];
      }
      blurred.values[static_cast<std::size_t>(y) * plane.width + x] = sum;
    }
  }
  return blurred;
}

// What is left, and the bands, whose sum the plane is.
struct Bands {
  std::array<std::vector<double>, kTextureBands> details;
  std::vector<double> rest;
};

Bands TakeApart(const float* values, int height, int width) {
  const auto cells = static_cast<std::size_t>(height) * width;
  Plane plane{height, width, std::vector<double>(values, values + cells)};
  Bands bands;
  for (int band = 0; band < kTextureBands; ++band) {
    const Plane smooth = Blurred(Blurred(plane, 1 << band, false), 1 << band, true);
    bands.details.at(band).resize(cells);
    std::transform(plane.values.begin(), plane.values.end(), smooth.values.begin(),
                   bands.details.at(band).begin(), std::minus<>());
    plane = smooth;
  }
  bands.rest = std::move(plane.values);
  return bands;
}

double MeanSquare(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) {
    sum += value * value;
  }
  return sum / static_cast<double>(values.size());
}

// How much stronger a band becomes.
double Gain(double wanted, double present) {
  constexpr double kMost = 2;
  constexpr double kNothing = 1e-9;
  if (wanted < kNothing || present < kNothing) {
    return 1;
  }
  return std::clamp(wanted / present, 1 / kMost, kMost);
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The cells of one channel of one frame.
std::size_t PlaneSize(const Latents& frames) {
  return static_cast<std::size_t>(frames.height) * frames.width;
}

std::size_t PlaneAt(const Latents& frames, int frame, int channel) {
  return (static_cast<std::size_t>(frame) * frames.channels + channel) * PlaneSize(frames);
}

}  // namespace

std::vector<ChannelTexture> TextureOf(const Latents& frames) {
  std::vector<ChannelTexture> texture(static_cast<std::size_t>(frames.channels));
  for (int frame = 0; frame < frames.frames; ++frame) {
    for (int channel = 0; channel < frames.channels; ++channel) {
      const Bands bands = TakeApart(frames.values.data() + PlaneAt(frames, frame, channel),
                                    frames.height, frames.width);
      ChannelTexture& sum = texture.at(channel);
      for (int band = 0; band < kTextureBands; ++band) {
        sum.strengths.at(band) += MeanSquare(bands.details.at(band)) / frames.frames;
        sum.mean += Mean(bands.details.at(band)) / frames.frames;
      }
      sum.mean += Mean(bands.rest) / frames.frames;
    }
  }
  for (ChannelTexture& channel : texture) {
    for (double& strength : channel.strengths) {
      strength = std::sqrt(strength);
    }
  }
  return texture;
}

void ApproachTexture(const std::vector<ChannelTexture>& texture, Latents& frames) {
  const std::size_t cells = PlaneSize(frames);
  for (int frame = 0; frame < frames.frames; ++frame) {
    for (int channel = 0; channel < frames.channels; ++channel) {
      float* const values = frames.values.data() + PlaneAt(frames, frame, channel);
      const ChannelTexture& wanted = texture.at(channel);
      Bands bands = TakeApart(values, frames.height, frames.width);
      for (int band = 0; band < kTextureBands; ++band) {
        const std::vector<double>& detail = bands.details.at(band);
        const double gain = Gain(wanted.strengths.at(band), std::sqrt(MeanSquare(detail)));
        for (std::size_t i = 0; i < cells; ++i) {
          bands.rest[i] += gain * detail[i];
        }
      }
      const double shift = kMeanShare * (wanted.mean - Mean(bands.rest));
      std::transform(bands.rest.begin(), bands.rest.end(), values,
                     [shift](double value) { return static_cast<float>(value + shift); });
    }
  }
}

}  // namespace weft::worker
