#include "worker/deflicker/finishing.h"

#include <algorithm>
#include <cmath>

namespace weft::deflicker {
namespace {

constexpr double kMidGrey = 128.0;
constexpr int kCentreWeight = 5;
constexpr int kWeightSum = 13;

std::uint8_t Clamp(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

}  // namespace

void AdjustContrast(double amount, Frame* frame) {
  for (std::uint8_t& value : frame->rgb) {
    value = Clamp(kMidGrey + amount * (value - kMidGrey));
  }
}

void AdjustSharpness(double amount, Frame* frame) {
  const std::vector<std::uint8_t> source = frame->rgb;
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(frame->width) * 3;
  for (int y = 1; y + 1 < frame->height; ++y) {
    for (std::ptrdiff_t x = 3; x + 3 < stride; ++x) {
      const std::ptrdiff_t at = y * stride + x;
      const std::uint8_t* centre = source.data() + at;
      int sum = (kCentreWeight - 1) * *centre;
      for (const std::ptrdiff_t row : {-stride, std::ptrdiff_t{0}, stride}) {
        sum += centre[row - 3] + centre[row] + centre[row + 3];
      }
      const double smooth = static_cast<double>(sum) / kWeightSum;
      frame->rgb[static_cast<std::size_t>(at)] = Clamp(smooth + amount * (*centre - smooth));
    }
  }
}

}  // namespace weft::deflicker
