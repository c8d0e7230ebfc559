#include "worker/frame/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace weft {
namespace {

constexpr std::size_t kLevels = 256;

using Table = std::array<std::uint8_t, kLevels>;

// What becomes of each level: (level - from) * gain + to.
Table TableOf(double from, double gain, double to) {
  Table table{};
  for (std::size_t level = 0; level < kLevels; ++level) {
    const double value = (static_cast<double>(level) - from) * gain + to;
    table[level] = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
  }
  return table;
}

void Apply(const std::vector<Table>& tables, std::vector<std::uint8_t>* values) {
  for (std::size_t begin = 0; begin < values->size(); begin += tables.size()) {
    for (std::size_t channel = 0; channel < tables.size(); ++channel) {
      std::uint8_t& value = (*values)[begin + channel];
      value = tables[channel][value];
    }
  }
}

double Gain(const Moments& from, const Moments& to) {
  constexpr double kMost = 2;
  return from.variance <= 0 ? 1
                            : std::clamp(std::sqrt(to.variance / from.variance), 1 / kMost, kMost);
}

}  // namespace

std::vector<ChannelSums> SumsOf(const std::vector<std::uint8_t>& values, int channels) {
  const auto count = static_cast<std::size_t>(channels);
  std::vector<std::array<std::uint64_t, kLevels>> histograms(count);
  for (std::size_t begin = 0; begin + count <= values.size(); begin += count) {
    for (std::size_t channel = 0; channel < count; ++channel) {
      ++histograms[channel][values[begin + channel]];
    }
  }
  std::vector<ChannelSums> sums(count);
  for (std::size_t channel = 0; channel < count; ++channel) {
    for (std::uint64_t level = 0; level < kLevels; ++level) {
      sums[channel].sum += level * histograms[channel][level];
      sums[channel].squares += level * level * histograms[channel][level];
    }
  }
  return sums;
}

Moments MomentsOf(const ChannelSums& sums, std::uint64_t pixels) {
  const auto count = static_cast<double>(pixels);
  const double mean = static_cast<double>(sums.sum) / count;
  return {mean, std::max(static_cast<double>(sums.squares) / count - mean * mean, 0.0)};
}

Moments Average(const std::vector<Moments>& frames) {
  Moments all;
  for (const Moments& frame : frames) {
    all.mean += frame.mean;
    all.variance += frame.variance;
  }
  const auto count = static_cast<double>(frames.size());
  return {all.mean / count, all.variance / count};
}

void BringToMean(const std::vector<Moments>& from,
                 const std::vector<Moments>& to,
                 std::vector<std::uint8_t>* values) {
  std::vector<Table> tables;
  for (std::size_t channel = 0; channel < from.size(); ++channel) {
    tables.push_back(TableOf(from[channel].mean, 1, to[channel].mean));
  }
  Apply(tables, values);
}

void BringToColours(const std::vector<Moments>& from,
                    const std::vector<Moments>& to,
                    std::vector<std::uint8_t>* values) {
  std::vector<Table> tables;
  for (std::size_t channel = 0; channel < from.size(); ++channel) {
    const double gain = Gain(from[channel], to[channel]);
    tables.push_back(TableOf(from[channel].mean, gain, to[channel].mean));
  }
  Apply(tables, values);
}

}  // namespace weft
