// What every way of computing attention on a CPU has to give.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "worker/models/narrow_attention.h"

namespace weft::models {

struct AttentionSizes {
  int width;
  int queries;
  int keys;
  double spread;  // Of the scores: large ones must not overflow, nor lose the small.
};

using AttentionFunction =
    void (*)(const HeadRows&, const HeadRows&, const HeadRows&, std::int64_t, float*);

inline std::vector<float> Waves(std::ptrdiff_t count, double amplitude, double phase) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(amplitude * std::sin(1.3 * i * i + phase)));
  }
  return values;
}

// Rows lie apart, as one head of several does; what is between them must stay as it is.
class AttentionRows {
 public:
  explicit AttentionRows(const AttentionSizes& sizes)
      : sizes_(sizes),
        stride_(sizes.width + 3),
        q_(Waves(sizes.queries * stride_, sizes.spread, 0.1)),
        k_(Waves(sizes.keys * stride_, 1.0, 0.7)),
        v_(Waves(sizes.keys * stride_, 1.0, 2.9)) {}

  // Queries first .. first + count - 1.
  std::vector<float> Run(AttentionFunction attend, int first, int count) const {
    std::vector<float> out(static_cast<std::size_t>(count * stride_), -9.0F);
    attend({q_.data() + first * stride_, stride_, count}, {k_.data(), stride_, sizes_.keys},
           {v_.data(), stride_, sizes_.keys}, sizes_.width, out.data());
    return out;
  }

  void ExpectSoftmaxOfScoresTimesValues(AttentionFunction attend) const {
    const std::vector<float> out = Run(attend, 0, sizes_.queries);
    for (int row = 0; row < sizes_.queries; ++row) {
      ExpectRow(row, out.data() + row * stride_);
    }
  }

 private:
  void ExpectRow(int row, const float* out) const {
    std::vector<double> shares(static_cast<std::size_t>(sizes_.keys));
    for (int key = 0; key < sizes_.keys; ++key) {
      for (int d = 0; d < sizes_.width; ++d) {
        shares[key] += static_cast<double>(q_[row * stride_ + d]) * k_[key * stride_ + d];
      }
    }
    const double highest = *std::max_element(shares.begin(), shares.end());
    double weight = 0.0;
    for (double& share : shares) {
      share = std::exp(share - highest);
      weight += share;
    }
    for (int d = 0; d < sizes_.width; ++d) {
      double sum = 0.0;
      for (int key = 0; key < sizes_.keys; ++key) {
        sum += shares[key] * v_[key * stride_ + d];
      }
      ASSERT_NEAR(out[d], sum / weight, 2e-6 * (1.0 + sizes_.spread)) << row << ", " << d;
    }
    EXPECT_EQ(out[sizes_.width], -9.0F);
  }

  AttentionSizes sizes_;
  std::ptrdiff_t stride_;
  std::vector<float> q_;
  std::vector<float> k_;
  std::vector<float> v_;
};

}  // namespace weft::models
