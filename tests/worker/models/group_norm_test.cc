#include "worker/models/group_norm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

void Alone(std::int64_t count,
           std::int64_t /*grain*/,
           const std::function<void(std::int64_t, std::int64_t)>& work) {
  work(0, count);
}

// The last one first.
void InPieces(std::int64_t count,
              std::int64_t grain,
              const std::function<void(std::int64_t, std::int64_t)>& work) {
  for (std::int64_t begin = (count - 1) / grain * grain; begin >= 0; begin -= grain) {
    work(begin, std::min(begin + grain, count));
  }
}

// The definition, in double precision.
std::vector<double> Normalized(const std::vector<float>& x,
                               int channels,
                               const GroupNormParameters& norm) {
  const int cells = static_cast<int>(x.size()) / channels;
  const int width = channels / norm.groups;
  std::vector<double> out(x.size());
  for (int group = 0; group < norm.groups; ++group) {
    const auto each = [&](const auto& visit) {
      for (int cell = 0; cell < cells; ++cell) {
        for (int c = group * width; c < (group + 1) * width; ++c) {
          visit(cell * channels + c, c);
        }
      }
    };
    double mean = 0.0;
    double variance = 0.0;
    each([&](int i, int) { mean += x[i] / static_cast<double>(cells * width); });
    each([&](int i, int) { variance += (x[i] - mean) * (x[i] - mean) / (cells * width); });
    each([&](int i, int c) {
      const double y =
          (x[i] - mean) / std::sqrt(variance + norm.eps) * norm.weight[c] + norm.bias[c];
      out[i] = norm.silu ? y / (1.0 + std::exp(-y)) : y;
    });
  }
  return out;
}

struct Picture {
  int channels;
  int groups;
  int cells;
  double mean;
  double spread;
};

class GroupNormOf : public testing::TestWithParam<Picture> {};

TEST_P(GroupNormOf, FollowsTheDefinition) {
  const Picture p = GetParam();
  std::vector<float> x;
  x.reserve(static_cast<std::size_t>(p.channels) * static_cast<std::size_t>(p.cells));
  for (int i = 0; i < p.channels * p.cells; ++i) {
    x.push_back(static_cast<float>(p.mean + p.spread * std::sin(0.37 * i * (1 + i % 5))));
  }
  std::vector<float> weight;
  std::vector<float> bias;
  for (int c = 0; c < p.channels; ++c) {
    weight.push_back(static_cast<float>(0.5 + c % 3));
    bias.push_back(static_cast<float>(0.1 * (c % 7) - 0.3));
  }
  for (const bool silu : {false, true}) {
    const GroupNormParameters norm{weight.data(), bias.data(), p.groups, 1e-6, silu};
    ASSERT_TRUE(TakesChannels(p.channels, p.groups));
    std::vector<float> out(x.size());
    NormalizeGroups<float>({x.data(), p.cells, p.channels}, norm, Alone, out.data());
    std::vector<float> shared(x.size());
    NormalizeGroups<float>({x.data(), p.cells, p.channels}, norm, InPieces, shared.data());
    ASSERT_EQ(out, shared);
    const std::vector<double> expected = Normalized(x, p.channels, norm);
    for (std::size_t i = 0; i < out.size(); ++i) {
      // Inputs near a large mean are coarse: their own rounding is not the norm's fault.
      ASSERT_NEAR(out[i], expected[i], 1e-5 + 2e-7 * std::abs(p.mean) / p.spread) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pictures,
                         GroupNormOf,
                         testing::Values(Picture{32, 32, 100, 0.0, 1.0},
                                         Picture{32, 4, 65, 0.5, 2.0},
                                         Picture{96, 32, 1, 0.0, 1.0},
                                         Picture{64, 32, 1000, 3.0, 0.001},
                                         Picture{224, 32, 63, 0.0, 50.0}));

TEST(GroupNorm, RoundsTheSameValuesToBfloat16) {
  constexpr int kChannels = 64;
  constexpr std::int64_t kCells = 130;
  std::vector<std::uint16_t> x;
  std::vector<float> wide;
  for (int i = 0; i < kChannels * kCells; ++i) {
    x.push_back(ToBfloat16(static_cast<float>(0.5 + 3 * std::sin(0.37 * i * (1 + i % 5)))));
    wide.push_back(FromBfloat16(x.back()));
  }
  const std::vector<float> weight(kChannels, 1.25F);
  const std::vector<float> bias(kChannels, -0.5F);
  const GroupNormParameters norm{weight.data(), bias.data(), 8, 1e-6, /*silu=*/true};
  std::vector<float> expected(wide.size());
  NormalizeGroups<float>({wide.data(), kCells, kChannels}, norm, Alone, expected.data());
  std::vector<std::uint16_t> out(x.size());
  NormalizeGroups<std::uint16_t>({x.data(), kCells, kChannels}, norm, InPieces, out.data());
  for (std::size_t i = 0; i < out.size(); ++i) {
    ASSERT_EQ(out[i], ToBfloat16(expected[i])) << i;
  }
}

TEST(GroupNorm, TakesWholeVectorsOfChannelsOnly) {
  EXPECT_TRUE(TakesChannels(96, 32));
  EXPECT_FALSE(TakesChannels(24, 4));
  EXPECT_FALSE(TakesChannels(64, 5));
}

}  // namespace
}  // namespace weft::models
