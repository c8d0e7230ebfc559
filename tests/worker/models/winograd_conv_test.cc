#include "worker/models/winograd_conv.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/models/uneven_values.h"

namespace weft::models {
namespace {

struct Case {
  FilterShape filter;
  PictureShape picture;

  [[nodiscard]] std::int64_t Cells() const {
    return picture.samples * picture.height * picture.width;
  }
};

void PrintTo(const Case& conv, std::ostream* out) {
  *out << conv.filter.in << " to " << conv.filter.out << " channels, " << conv.picture.samples
       << " of " << conv.picture.height << "x" << conv.picture.width << " cells";
}

Case Of(std::int64_t in, std::int64_t out, const PictureShape& picture) {
  return {{out, in, 3, 3}, picture};
}

struct Operands {
  std::vector<float> in;
  std::vector<float> weight;
  std::vector<float> bias;
};

Operands OperandsOf(const Case& conv) {
  return {Uneven(conv.Cells() * conv.filter.in, 1.0),
          Uneven(conv.filter.out * conv.filter.in * 9, 0.5), Uneven(conv.filter.out, 3.0)};
}

std::vector<float> Convolve(const Case& conv, const Operands& operands) {
  std::vector<float> packed(static_cast<std::size_t>(WinogradConv::PackedElements(conv.filter)), 1);
  WinogradConv::Pack(operands.weight.data(), conv.filter, packed.data());
  const WinogradConv winograd(conv.filter, conv.picture);
  std::vector<float> out(static_cast<std::size_t>(conv.Cells() * conv.filter.out), NAN);
  std::vector<float> scratch(static_cast<std::size_t>(winograd.ScratchFloats()), NAN);
  const float* const bias = operands.bias.empty() ? nullptr : operands.bias.data();
  // Backwards, one by one: parts know nothing of one another.
  for (std::int64_t part = winograd.Parts(); part-- > 0;) {
    winograd.Compute(part, part + 1, {operands.in.data(), packed.data(), bias, out.data()},
                     scratch.data());
  }
  return out;
}

// The definition, in double precision. cell: of the output, over all samples.
double Expected(const Case& conv, const Operands& operands, std::int64_t cell, std::int64_t out) {
  const std::int64_t in = conv.filter.in;
  const std::int64_t y = cell / conv.picture.width % conv.picture.height;
  const std::int64_t x = cell % conv.picture.width;
  double sum = operands.bias.empty() ? 0 : operands.bias.at(static_cast<std::size_t>(out));
  for (std::int64_t tap = 0; tap < 9; ++tap) {
    const std::int64_t down = tap / 3 - 1;
    const std::int64_t right = tap % 3 - 1;
    if (y + down < 0 || y + down >= conv.picture.height || x + right < 0 ||
        x + right >= conv.picture.width) {
      continue;
    }
    const std::int64_t seen = cell + down * conv.picture.width + right;
    for (std::int64_t k = 0; k < in; ++k) {
      sum += static_cast<double>(operands.in.at(static_cast<std::size_t>(seen * in + k))) *
             operands.weight.at(static_cast<std::size_t>((out * in + k) * 9 + tap));
    }
  }
  return sum;
}

class WinogradConvOf : public testing::TestWithParam<Case> {};

TEST_P(WinogradConvOf, IsTheSumOfItsDefinition) {
  const Case& conv = GetParam();
  const Operands operands = OperandsOf(conv);
  ASSERT_TRUE(WinogradConv::Takes(conv.filter));
  const std::vector<float> out = Convolve(conv, operands);
  const double terms = std::sqrt(static_cast<double>(conv.filter.in) * 9);
  std::size_t at = 0;
  for (std::int64_t cell = 0; cell < conv.Cells(); ++cell) {
    for (std::int64_t channel = 0; channel < conv.filter.out; ++channel) {
      const double expected = Expected(conv, operands, cell, channel);
      ASSERT_NEAR(out.at(at), expected, 2e-6 * (1 + terms + std::abs(expected)))
          << "cell " << cell << ", channel " << channel;
      ++at;
    }
  }
  EXPECT_EQ(at, out.size());
}

// Odd sides, several blocks, the narrowest filters, panels that are not full, two blocks of
// channels.
INSTANTIATE_TEST_SUITE_P(Shapes,
                         WinogradConvOf,
                         testing::Values(Of(16, 16, {1, 1, 1}),
                                         Of(16, 32, {2, 3, 2}),
                                         Of(32, 16, {1, 11, 27}),
                                         Of(48, 208, {1, 9, 5}),
                                         Of(272, 80, {2, 2, 3}),
                                         Of(64, 64, {1, 16, 50})));

TEST(WinogradConv, NeedsNoBias) {
  const Case conv = Of(16, 32, {1, 4, 6});
  Operands operands = OperandsOf(conv);
  operands.bias.clear();
  const std::vector<float> out = Convolve(conv, operands);
  for (std::int64_t cell = 0; cell < conv.Cells(); ++cell) {
    ASSERT_NEAR(out.at(static_cast<std::size_t>(cell * 32)), Expected(conv, operands, cell, 0),
                1e-4);
  }
}

TEST(WinogradConv, GivesACellTheSameBitsInAnyBatchAndPicture) {
  const Case small = Of(32, 48, {1, 6, 10});
  const Operands inner = OperandsOf(small);
  const std::vector<float> expected = Convolve(small, inner);

  // As the second of two samples; and in the midst of zeros, an even number of cells away, where
  // other blocks compute it.
  const Case pair = Of(32, 48, {2, 6, 10});
  Operands both = inner;
  both.in = Uneven(pair.Cells() * 32, 2.0);
  std::copy(inner.in.begin(), inner.in.end(),
            both.in.begin() + static_cast<std::ptrdiff_t>(inner.in.size()));
  const std::vector<float> second = Convolve(pair, both);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                         second.begin() + static_cast<std::ptrdiff_t>(expected.size())));

  constexpr std::int64_t kTop = 6;
  constexpr std::int64_t kLeft = 20;
  const Case large = Of(32, 48, {1, 14, 40});
  Operands around = inner;
  around.in.assign(static_cast<std::size_t>(large.Cells() * 32), 0.0F);
  for (std::int64_t row = 0; row < 6; ++row) {
    std::copy_n(inner.in.begin() + row * 10 * 32, 10 * 32,
                around.in.begin() + ((row + kTop) * 40 + kLeft) * 32);
  }
  const std::vector<float> found = Convolve(large, around);
  for (std::int64_t row = 0; row < 6; ++row) {
    EXPECT_TRUE(std::equal(expected.begin() + row * 10 * 48, expected.begin() + (row + 1) * 10 * 48,
                           found.begin() + ((row + kTop) * 40 + kLeft) * 48))
        << "row " << row;
  }
}

TEST(WinogradConv, TakesFiltersOfNineTapsAndWholeVectors) {
  EXPECT_TRUE(WinogradConv::Takes({32, 16, 3, 3}));
  EXPECT_FALSE(WinogradConv::Takes({32, 16, 1, 1}));
  EXPECT_FALSE(WinogradConv::Takes({32, 16, 3, 1}));
  EXPECT_FALSE(WinogradConv::Takes({3, 16, 3, 3}));
  EXPECT_FALSE(WinogradConv::Takes({32, 4, 3, 3}));
}

}  // namespace
}  // namespace weft::models
