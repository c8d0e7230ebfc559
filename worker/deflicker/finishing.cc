#include "worker/deflicker/finishing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::deflicker {
namespace {

constexpr int kChannels = 3;

std::uint8_t Rounded(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

// Kernel [1 1 1; 1 5 1; 1 1 1] around `center`, times 13.
int SmoothedSum(const std::uint8_t* center, std::ptrdiff_t stride) {
  int sum = 4 * *center;
  for (std::ptrdiff_t row = -stride; row <= stride; row += stride) {
    sum += center[row - kChannels] + center[row] + center[row + kChannels];
  }
  return sum;
}

}  // namespace

void AdjustContrast(double amount, Frame* frame) {
  constexpr double kMidGrey = 128;
  std::array<std::uint8_t, 256> adjusted{};
  for (std::size_t value = 0; value < adjusted.size(); ++value) {
    adjusted[value] = Rounded(kMidGrey + amount * (static_cast<double>(value) - kMidGrey));
  }
  std::transform(frame->rgb.begin(), frame->rgb.end(), frame->rgb.begin(),
                 [&adjusted](std::uint8_t value) { return adjusted[value]; });
}

void AdjustSharpness(double amount, Frame* frame) {
  constexpr double kKernelSum = 13;
  const std::vector<std::uint8_t> original = frame->rgb;
  const std::ptrdiff_t stride = frame->width * std::ptrdiff_t{kChannels};
  for (int y = 1; y < frame->height - 1; ++y) {
    for (std::ptrdiff_t x = kChannels; x < stride - kChannels; ++x) {
      const std::ptrdiff_t index = y * stride + x;
      const std::uint8_t* const center = original.data() + index;
      const double smooth = SmoothedSum(center, stride) / kKernelSum;
      frame->rgb[static_cast<std::size_t>(index)] = Rounded(smooth + amount * (*center - smooth));
    }
  }
}

}  // namespace weft::deflicker
