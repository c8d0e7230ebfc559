// Means and spreads of 8-bit values, channel by channel, and frames that are brought to others.

#pragma once

#include <cstdint>
#include <vector>

namespace weft {

// Of one channel of one frame; exact.
struct ChannelSums {
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;
};

// Of one channel, in steps of 0..255.
struct Moments {
  double mean = 0;
  double variance = 0;
};

// values: [pixels, channels], interleaved.
std::vector<ChannelSums> SumsOf(const std::vector<std::uint8_t>& values, int channels);

Moments MomentsOf(const ChannelSums& sums, std::uint64_t pixels);

// The mean of means and the mean of variances, added up in the order given. REQUIRES: not empty.
Moments Average(const std::vector<Moments>& frames);

// p + to.mean - from.mean for every value, clamped and rounded. One pair a channel.
void BringToMean(const std::vector<Moments>& from,
                 const std::vector<Moments>& to,
                 std::vector<std::uint8_t>* values);

// (p - from.mean) * gain + to.mean for every value, clamped and rounded; the gain is the ratio of
// the standard deviations, at least 1/2 and at most 2, and 1 where `from` has none (Reinhard et
// al., "Color Transfer between Images", IEEE CG&A 21(5), 2001, eq. 10 and 11, in RGB).
void BringToColours(const std::vector<Moments>& from,
                    const std::vector<Moments>& to,
                    std::vector<std::uint8_t>* values);

}  // namespace weft
