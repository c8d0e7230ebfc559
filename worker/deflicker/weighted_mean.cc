#include "worker/deflicker/weighted_mean.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weft::deflicker {
namespace {

void AddTo(FloatPlane* sum, const FloatPlane& plane) {
  for (std::size_t i = 0; i < plane.values.size(); ++i) {
    sum->values[i] += plane.values[i];
  }
}

FloatPlane Product(const FloatPlane& a, const FloatPlane& b) {
  FloatPlane product = a;
  for (std::size_t i = 0; i < b.values.size(); ++i) {
    product.values[i] *= b.values[i];
  }
  return product;
}

template <typename Value>
PicturePlanes<Value> Rounded(const ColorPlanes& color, float scale, float largest) {
  PicturePlanes<Value> planes(color.channels[0].width, color.channels[0].height);
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < planes.Height(); ++y) {
      const float* const row = color.channels[channel].Row(y);
      for (int x = 0; x < planes.Width(); ++x) {
        *planes.At(channel, x, y) =
            static_cast<Value>(std::clamp(std::nearbyint(row[x] * scale), 0.0F, largest));
      }
    }
  }
  planes.FillMargin();
  return planes;
}

}  // namespace

ColorPlanes ToColorPlanes(const MatchPlanes& planes) {
  ColorPlanes color(planes.Width(), planes.Height());
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < planes.Height(); ++y) {
      const std::int16_t* const row = planes.At(channel, 0, y);
      std::copy(row, row + planes.Width(), color.channels[channel].Row(y));
    }
  }
  return color;
}

MatchPlanes ToMatchPlanes(const ColorPlanes& color) {
  return Rounded<std::int16_t>(color, 1, 255);
}

DeepPlanes ToDeepPlanes(const ColorPlanes& color) {
  return Rounded<std::uint16_t>(color, 257, 65535);
}

void WeightedMean::Add(const ColorPlanes& picture, const FloatPlane& weights) {
  for (int channel = 0; channel < 3; ++channel) {
    AddTo(&sums_.channels[channel], Product(picture.channels[channel], weights));
  }
  AddTo(&weights_, weights);
}

ColorPlanes WeightedMean::Take() {
  for (FloatPlane& sum : sums_.channels) {
    for (std::size_t i = 0; i < sum.values.size(); ++i) {
      sum.values[i] = sum.values[i] / weights_.values[i];
    }
  }
  return std::move(sums_);
}

void BandedMean::Add(const ColorPlanes& picture, const FloatPlane& weights) {
  const FloatPlane base_weights = Blurred(weights, radius_);
  for (int channel = 0; channel < 3; ++channel) {
    const FloatPlane weighted = Product(picture.channels[channel], weights);
    const FloatPlane base = Blurred(weighted, radius_);
    AddTo(&base_.channels[channel], base);
    std::vector<float>& detail = detail_.channels[channel].values;
    for (std::size_t i = 0; i < detail.size(); ++i) {
      const float base_level = base.values[i] / base_weights.values[i];
      detail[i] += weighted.values[i] - weights.values[i] * base_level;
    }
  }
  AddTo(&base_weights_, base_weights);
  AddTo(&weights_, weights);
}

ColorPlanes BandedMean::Take() {
  for (int channel = 0; channel < 3; ++channel) {
    std::vector<float>& levels = base_.channels[channel].values;
    const std::vector<float>& detail = detail_.channels[channel].values;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      levels[i] = levels[i] / base_weights_.values[i] + detail[i] / weights_.values[i];
    }
  }
  return std::move(base_);
}

}  // namespace weft::deflicker
