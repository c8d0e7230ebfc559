#include "worker/models/direct_conv.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/models/uneven_values.h"
#include "worker/models/direct_kernel.h"

namespace weft::models {
namespace {

struct Case {
  FilterShape filter;
  PictureShape input;
  ConvSteps steps;

  [[nodiscard]] std::int64_t InFloats() const {
    return input.samples * input.height * input.width * filter.in;
  }
  [[nodiscard]] std::int64_t Taps() const { return filter.height * filter.width; }
};

void PrintTo(const Case& conv, std::ostream* out) {
  *out << conv.filter.in << " to " << conv.filter.out << " channels, " << conv.filter.height << "x"
       << conv.filter.width << ", " << conv.input.height << "x" << conv.input.width << " cells";
}

template <typename Element>
std::vector<Element> Convolve(const Case& conv,
                              const std::vector<Element>& in,
                              const std::vector<Element>& weight,
                              const Element* bias) {
  std::vector<Element> packed(static_cast<std::size_t>(PackedElements(conv.filter)), 1);
  PackFilter(weight.data(), conv.filter, packed.data());
  const DirectConv direct(conv.filter, conv.input, conv.steps);
  const PictureShape& size = direct.Output();
  std::vector<Element> out(
      static_cast<std::size_t>(size.samples * size.height * size.width * conv.filter.out), 1);
  std::vector<float> scratch(static_cast<std::size_t>(direct.ScratchFloats()), NAN);
  // Backwards, one by one: parts know nothing of one another.
  for (std::int64_t part = direct.Parts(); part-- > 0;) {
    direct.Compute<Element>(part, part + 1, {in.data(), packed.data(), bias, out.data()},
                            scratch.data());
  }
  return out;
}

// The sum over a cell's channels, with the weights of one tap.
double Products(const Case& conv,
                const float* cell,
                const std::vector<float>& weight,
                std::int64_t channel,
                std::int64_t tap) {
  double sum = 0;
  for (std::int64_t k = 0; k < conv.filter.in; ++k) {
    sum += static_cast<double>(cell[k]) *
           weight.at((channel * conv.filter.in + k) * conv.Taps() + tap);
  }
  return sum;
}

// The definition, in double precision. cell: of the output, over all samples.
double Expected(const Case& conv,
                const std::vector<float>& in,
                const std::vector<float>& weight,
                std::int64_t cell,
                std::int64_t channel) {
  const PictureShape size = DirectConv(conv.filter, conv.input, conv.steps).Output();
  const std::int64_t sample = cell / (size.height * size.width);
  const std::int64_t top = cell / size.width % size.height * conv.steps.stride - conv.steps.padding;
  const std::int64_t left = cell % size.width * conv.steps.stride - conv.steps.padding;
  double sum = 0;
  for (std::int64_t tap = 0; tap < conv.Taps(); ++tap) {
    const std::int64_t y = top + tap / conv.filter.width;
    const std::int64_t x = left + tap % conv.filter.width;
    if (y >= 0 && x >= 0 && y < conv.input.height && x < conv.input.width) {
      const std::int64_t seen = (sample * conv.input.height + y) * conv.input.width + x;
      sum += Products(conv, in.data() + seen * conv.filter.in, weight, channel, tap);
    }
  }
  return sum;
}

class DirectConvOf : public testing::TestWithParam<Case> {};

TEST_P(DirectConvOf, IsTheSumOfItsDefinition) {
  const Case& conv = GetParam();
  const std::vector<float> in = Uneven(conv.InFloats(), 1.0);
  const std::vector<float> weight = Uneven(conv.filter.out * conv.filter.in * conv.Taps(), 0.5);
  const std::vector<float> bias = Uneven(conv.filter.out, 3.0);
  const std::vector<float> out = Convolve(conv, in, weight, bias.data());
  const PictureShape size = DirectConv(conv.filter, conv.input, conv.steps).Output();
  const double terms = std::sqrt(static_cast<double>(conv.filter.in * conv.Taps()));
  std::size_t at = 0;
  for (std::int64_t cell = 0; cell < size.samples * size.height * size.width; ++cell) {
    for (std::int64_t channel = 0; channel < conv.filter.out; ++channel) {
      const double expected = Expected(conv, in, weight, cell, channel);
      ASSERT_NEAR(out.at(at), expected + bias.at(channel), 1e-6 * (1 + terms + std::abs(expected)))
          << "cell " << cell << ", channel " << channel;
      ++at;
    }
  }
  EXPECT_EQ(at, out.size());
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         DirectConvOf,
                         testing::Values(Case{{1, 1}, {1, 1, 1}, {}},
                                         Case{{5, 3, 3, 3}, {2, 4, 50}, {1, 1}},
                                         Case{{16, 16, 3, 3}, {1, 11, 7}, {1, 1}},
                                         Case{{40, 33, 3, 3}, {2, 9, 25}, {2, 0}},
                                         Case{{64, 160, 2, 2}, {1, 3, 3}, {1, 1}},
                                         Case{{17, 161, 3, 3}, {1, 2, 5}, {1, 1}},
                                         Case{{150, 320}, {1, 1, 200}, {}},
                                         Case{{700, 8}, {3, 1, 5}, {}}));

std::vector<std::uint16_t> Rounded(const std::vector<float>& values) {
  std::vector<std::uint16_t> bits(values.size());
  Narrow(values.data(), static_cast<std::int64_t>(values.size()), bits.data());
  return bits;
}

std::vector<float> Widened(const std::vector<std::uint16_t>& bits) {
  std::vector<float> values(bits.size());
  Widen(bits.data(), static_cast<std::int64_t>(bits.size()), values.data());
  return values;
}

TEST_P(DirectConvOf, RoundsOnlyTheSumsInBfloat16) {
  const Case& conv = GetParam();
  const std::vector<std::uint16_t> in = Rounded(Uneven(conv.InFloats(), 1.0));
  const std::vector<std::uint16_t> weight =
      Rounded(Uneven(conv.filter.out * conv.filter.in * conv.Taps(), 0.5));
  const std::vector<std::uint16_t> bias = Rounded(Uneven(conv.filter.out, 3.0));
  EXPECT_EQ(Convolve(conv, in, weight, bias.data()),
            Rounded(Convolve(conv, Widened(in), Widened(weight), Widened(bias).data())));
}

// Rows of cells, out of a picture `width` cells wide.
std::vector<float> Window(const std::vector<float>& values,
                          std::int64_t first_cell,
                          std::int64_t width,
                          const PictureShape& size,
                          std::int64_t channels) {
  std::vector<float> window;
  for (std::int64_t row = 0; row < size.height; ++row) {
    const auto begin = values.begin() + (first_cell + row * width) * channels;
    window.insert(window.end(), begin, begin + size.width * channels);
  }
  return window;
}

TEST(DirectConv, GivesACellTheSameBitsWhereverItLies) {
  const FilterShape filter{24, 170, 3, 3};
  const std::vector<float> weight = Uneven(filter.out * filter.in * 9, 0.5);
  const Case large{filter, {3, 12, 61}, {1, 0}};
  const std::vector<float> in = Uneven(large.InFloats(), 1.0);
  const std::vector<float> whole = Convolve<float>(large, in, weight, nullptr);
  // A part of the last sample, from cell (5, 31), alone.
  const Case small{filter, {1, 4, 7}, {1, 0}};
  const std::vector<float> part = Convolve<float>(
      small, Window(in, (2 * 12 + 5) * 61 + 31, 61, small.input, filter.in), weight, nullptr);
  EXPECT_EQ(part, Window(whole, (2 * 10 + 5) * 59 + 31, 59, {1, 2, 5}, filter.out));
}

TEST(DirectConv, GivesAColumnTheSameBitsInANarrowerFilter) {
  // Few columns are summed by the kernel of older processors, many by that of this one.
  const Case many{{80, 170, 3, 3}, {1, 5, 7}, {1, 1}};
  const Case few{{16, 170, 3, 3}, {1, 5, 7}, {1, 1}};
  const std::vector<float> in = Uneven(many.InFloats(), 1.0);
  std::vector<float> weight = Uneven(many.filter.out * many.filter.in * 9, 0.5);
  const std::vector<float> wide = Convolve<float>(many, in, weight, nullptr);
  weight.resize(static_cast<std::size_t>(few.filter.out * few.filter.in * 9));
  const std::vector<float> narrow = Convolve<float>(few, in, weight, nullptr);
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    ASSERT_EQ(narrow[i], wide.at(i / 16 * 80 + i % 16)) << i;
  }
}

TEST(DirectConv, RoundsToTheNearestAndHalvesToEven) {
  const std::vector<float> values = {1.0F, 1.00390625F, 1.01171875F, -1.00390625F, 1.00391F, 0.0F};
  const std::vector<float> rounded = {1.0F, 1.0F, 1.015625F, -1.0F, 1.0078125F, 0.0F};
  // Beyond one vector, so that what is left over is rounded as well.
  std::vector<float> many;
  std::vector<float> expected;
  for (int i = 0; i < 5; ++i) {
    many.insert(many.end(), values.begin(), values.end());
    expected.insert(expected.end(), rounded.begin(), rounded.end());
  }
  EXPECT_EQ(Widened(Rounded(many)), expected);
}

TEST(DirectConv, SumsUpWithoutABias) {
  const Case conv{{2, 1}, {1, 1, 2}, {}};
  EXPECT_EQ(Convolve<float>(conv, {3, 5}, {10, 100}, nullptr),
            (std::vector<float>{30, 300, 50, 500}));
}

TEST(DirectConv, LeavesItsPartsToSeveralThreads) {
  // Wide enough for two column parts, and more cells than a tile.
  const DirectConv conv({1280, 16}, {1, 1, 400}, {});
  EXPECT_EQ(conv.Parts(), 6);
}

}  // namespace
}  // namespace weft::models
