#include "worker/eval/flicker.h"

#include <cmath>

#include <gtest/gtest.h>

#include "worker/eval/sheet.h"

namespace weft::eval {
namespace {

constexpr int kWidth = 128;
constexpr int kHeight = 96;

// A smooth texture that has moved right by `shift` pixels, `gain` times as bright.
Frame Texture(double shift, double gain) {
  Frame frame{kWidth, kHeight, {}};
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double u = x - shift;
      const double value = 120 + 60 * std::sin(u / 5) * std::cos(y / 7.0) + 40 * std::sin(u / 11 + y / 4.0);
      for (int channel = 0; channel < 3; ++channel) {
        frame.rgb.push_back(static_cast<std::uint8_t>(std::lround(std::min(255.0, std::max(0.0, value * gain)))));
      }
    }
  }
  return frame;
}

FlickerFigures Measure(double flicker) {
  FlickerMeter meter;
  for (int t = 0; t < 5; ++t) {
    meter.Add(Texture(2.0 * t, 1.0), Texture(2.0 * t, 1.0 + (t % 2 == 0 ? flicker : -flicker)), t == 0);
  }
  return meter.figures();
}

TEST(FlickerMeter, AlmostNothingIsLeftOfSteadyMotion) {
  const FlickerFigures steady = Measure(0.0);
  EXPECT_EQ(steady.pairs, 4U);
  EXPECT_GT(steady.plain_difference, 5.0);
  EXPECT_LT(steady.warped_difference, 1.0);
}

TEST(FlickerMeter, GrowsWithFlicker) {
  const double steady = Measure(0.0).warped_difference;
  const double slight = Measure(0.02).warped_difference;
  const double strong = Measure(0.08).warped_difference;
  EXPECT_GT(slight, steady + 2);
  EXPECT_GT(strong, slight + 5);
}

TEST(FlickerMeter, DoesNotCompareAcrossACut) {
  FlickerMeter meter;
  meter.Add(Texture(0, 1.0), Texture(0, 1.0), true);
  meter.Add(Texture(0, 1.0), Texture(0, 0.2), true);
  EXPECT_EQ(meter.figures().pairs, 0U);
  EXPECT_EQ(meter.figures().warped_difference, 0.0);
}

TEST(FlickerMeter, SharpnessFallsWithBlur) {
  Frame sharp{kWidth, kHeight, {}};
  Frame flat{kWidth, kHeight, std::vector<std::uint8_t>(kWidth * kHeight * 3, 100)};
  for (int i = 0; i < kWidth * kHeight; ++i) {
    sharp.rgb.insert(sharp.rgb.end(), 3, (i / 4) % 2 == 0 ? 0 : 255);
  }
  FlickerMeter of_sharp;
  FlickerMeter of_flat;
  of_sharp.Add(flat, sharp, true);
  of_flat.Add(flat, flat, true);
  EXPECT_GT(of_sharp.figures().sharpness, 20.0);
  EXPECT_EQ(of_flat.figures().sharpness, 0.0);
}

TEST(Sheet, PutsEveryFrameInItsPlace) {
  const Frame red{8, 6, [] {
                    std::vector<std::uint8_t> rgb;
                    for (int i = 0; i < 48; ++i) {
                      rgb.insert(rgb.end(), {255, 0, 0});
                    }
                    return rgb;
                  }()};
  const Frame sheet = ComposeSheet({{"a", {red, red}}, {"b", {red, red}}});
  int reds = 0;
  for (std::size_t i = 0; i < sheet.rgb.size(); i += 3) {
    reds += sheet.rgb[i] == 255 && sheet.rgb[i + 1] == 0 ? 1 : 0;
  }
  EXPECT_EQ(reds, 4 * 48);
  const Frame both = SideBySide(red, red);
  EXPECT_EQ(both.width % 2, 0);
  EXPECT_EQ(both.height, 6);
}

}  // namespace
}  // namespace weft::eval
