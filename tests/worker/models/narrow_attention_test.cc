#include "worker/models/narrow_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace weft::models {
namespace {

struct Sizes {
  int width;
  int queries;
  int keys;
  double spread;  // Of the scores: large ones must not overflow, nor lose the small.
};

std::vector<float> Waves(int count, double amplitude, double phase) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(amplitude * std::sin(1.3 * i * i + phase)));
  }
  return values;
}

class NarrowAttention : public testing::TestWithParam<Sizes> {};

TEST_P(NarrowAttention, IsTheSoftmaxOfScoresTimesValues) {
  const Sizes s = GetParam();
  // Rows lie apart, as one head of several does; what is between them must stay as it is.
  const int stride = s.width + 3;
  const std::vector<float> q = Waves(s.queries * stride, s.spread, 0.1);
  const std::vector<float> k = Waves(s.keys * stride, 1.0, 0.7);
  const std::vector<float> v = Waves(s.keys * stride, 1.0, 2.9);
  std::vector<float> out(q.size(), -9.0F);
  AttendNarrow({q.data(), stride, s.queries}, {k.data(), stride, s.keys},
               {v.data(), stride, s.keys}, s.width, out.data());
  for (int row = 0; row < s.queries; ++row) {
    std::vector<double> scores(static_cast<std::size_t>(s.keys));
    for (int key = 0; key < s.keys; ++key) {
      for (int d = 0; d < s.width; ++d) {
        scores[key] += static_cast<double>(q[row * stride + d]) * k[key * stride + d];
      }
    }
    const double highest = *std::max_element(scores.begin(), scores.end());
    for (int d = 0; d < s.width; ++d) {
      double sum = 0.0;
      double weight = 0.0;
      for (int key = 0; key < s.keys; ++key) {
        sum += std::exp(scores[key] - highest) * v[key * stride + d];
        weight += std::exp(scores[key] - highest);
      }
      ASSERT_NEAR(out[row * stride + d], sum / weight, 2e-6 * (1.0 + s.spread)) << row << ", " << d;
    }
    EXPECT_EQ(out[row * stride + s.width], -9.0F);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         NarrowAttention,
                         testing::Values(Sizes{8, 16, 64, 1.0},
                                         Sizes{8, 1, 1, 1.0},
                                         Sizes{8, 33, 129, 1.0},
                                         Sizes{16, 15, 77, 1.0},
                                         Sizes{16, 20, 65, 100.0},
                                         Sizes{8, 17, 200, 1000.0}));

}  // namespace
}  // namespace weft::models
