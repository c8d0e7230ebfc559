#include "worker/stages/look_texture.h"

#include <cmath>
#include <cstddef>

#include <gtest/gtest.h>

namespace weft::worker {
namespace {

// Waves of every length, each channel and frame of its own.
Latents Waves(int frames, double fine, double coarse) {
  Latents latents{.frames = frames, .channels = 2, .height = 17, .width = 24, .values = {}};
  for (int plane = 0; plane < frames * latents.channels; ++plane) {
    for (int y = 0; y < latents.height; ++y) {
      for (int x = 0; x < latents.width; ++x) {
        const double value = fine * std::sin(2.7 * x + 2.2 * y + plane) +
                             coarse * std::sin(0.35 * x - 0.3 * y + plane) + 0.3 * plane;
        latents.values.push_back(static_cast<float>(value));
      }
    }
  }
  return latents;
}

Latents FrameOf(const Latents& latents, int frame) {
  Latents one = latents;
  one.frames = 1;
  const auto first =
      latents.values.begin() + static_cast<std::ptrdiff_t>(frame * latents.frame_size());
  one.values.assign(first, first + static_cast<std::ptrdiff_t>(latents.frame_size()));
  return one;
}

TEST(LookTexture, TellsFineDetailFromCoarse) {
  const auto fine = TextureOf(Waves(1, 1, 0)).at(0).strengths;
  const auto coarse = TextureOf(Waves(1, 0, 1)).at(0).strengths;
  EXPECT_GT(fine[0], 10 * fine[2]);
  EXPECT_GT(coarse[2], 3 * coarse[0]);
  EXPECT_NEAR(fine[0], std::sqrt(0.5), 0.1);
  EXPECT_NEAR(TextureOf(Waves(1, 3, 0)).at(0).strengths[0], 3 * fine[0], 1e-3);
}

TEST(LookTexture, CountsAllFrames) {
  const Latents both = Waves(2, 1, 1);
  const ChannelTexture first = TextureOf(FrameOf(both, 0)).at(1);
  const ChannelTexture second = TextureOf(FrameOf(both, 1)).at(1);
  EXPECT_NEAR(TextureOf(both).at(1).mean, (first.mean + second.mean) / 2, 1e-12);
  EXPECT_NEAR(second.mean - first.mean, 0.6, 0.1);
  for (int band = 0; band < kTextureBands; ++band) {
    const double squares =
        std::pow(first.strengths.at(band), 2) + std::pow(second.strengths.at(band), 2);
    EXPECT_NEAR(TextureOf(both).at(1).strengths.at(band), std::sqrt(squares / 2), 1e-12);
  }
}

TEST(LookTexture, MakesEachBandAsStrong) {
  const std::vector<ChannelTexture> wanted = TextureOf(Waves(1, 1.5, 0.7));
  Latents frames = Waves(1, 1, 1);
  ApproachTexture(wanted, frames);
  const std::vector<ChannelTexture> present = TextureOf(frames);
  for (int channel = 0; channel < 2; ++channel) {
    const auto& is = present.at(channel).strengths;
    const auto& should = wanted.at(channel).strengths;
    EXPECT_NEAR(is[0], should[0], 0.05 * should[0]);
    EXPECT_NEAR(is[2], should[2], 0.25 * should[2]);
  }
}

TEST(LookTexture, LeavesAFrameAsItIsThatHasTheTexture) {
  const Latents before = Waves(1, 1, 1);
  Latents after = before;
  ApproachTexture(TextureOf(before), after);
  for (std::size_t i = 0; i < before.values.size(); ++i) {
    EXPECT_NEAR(after.values[i], before.values[i], 1e-5);
  }
}

TEST(LookTexture, DoublesADetailAtMost) {
  Latents frames = Waves(1, 0.01, 0);
  const double before = TextureOf(frames).at(0).strengths[0];
  ApproachTexture(TextureOf(Waves(1, 9, 0)), frames);
  EXPECT_NEAR(TextureOf(frames).at(0).strengths[0], 2 * before, 0.05 * before);
}

TEST(LookTexture, MakesNothingOfAFlatPlaneAndMovesItsMeanAQuarterOfTheWay) {
  Latents flat{.frames = 1, .channels = 2, .height = 3, .width = 2, .values = {}};
  flat.values.assign(12, 1.0F);
  std::vector<ChannelTexture> wanted = TextureOf(Waves(1, 9, 0));
  wanted.at(0).mean = 3;
  wanted.at(1).mean = 1;
  ApproachTexture(wanted, flat);
  for (std::size_t i = 0; i < flat.values.size(); ++i) {
    EXPECT_NEAR(flat.values[i], i < 6 ? 1.5 : 1.0, 1e-6);
  }
}

// A frame does not depend on its company, and so not on the chunk.
TEST(LookTexture, ChangesEachFrameByItself) {
  const std::vector<ChannelTexture> wanted = TextureOf(Waves(1, 2, 1));
  Latents both = Waves(2, 1, 1);
  Latents second = FrameOf(both, 1);
  ApproachTexture(wanted, both);
  ApproachTexture(wanted, second);
  EXPECT_EQ(FrameOf(both, 1), second);
}

}  // namespace
}  // namespace weft::worker
