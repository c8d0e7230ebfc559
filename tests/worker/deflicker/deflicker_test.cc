#include "worker/deflicker/deflicker.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

constexpr Mode kModes[] = {Mode::kBalanced, Mode::kAccurate, Mode::kFast, Mode::kRobust};

struct Clip {
  std::vector<Frame> guides;
  std::vector<Frame> stylized;
  std::vector<std::uint32_t> scene_starts = {0};

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(guides.size()); }
};

std::uint8_t Flickering(std::uint8_t value, unsigned frame) {
  const int gains[] = {100, 86, 108, 93, 112, 81, 103};  // Percent.
  return static_cast<std::uint8_t>(std::min(255, value * gains[frame % 7] / 100));
}

// A pan over the pattern, rendered with a brightness of its own for every frame.
Clip FlickeringPan(std::uint32_t frame_count, int width, int height, double step) {
  Clip clip;
  for (std::uint32_t i = 0; i < frame_count; ++i) {
    clip.guides.push_back(PatternFrame(width, height, step * i, step / 2 * i));
    Frame& frame = clip.stylized.emplace_back(clip.guides.back());
    for (std::uint8_t& value : frame.rgb) {
      value = Flickering(value, i);
    }
  }
  return clip;
}

// As a worker would: only the frames that the core's windows need are handed over.
Result<std::vector<Frame>> SmoothChunk(const Clip& clip,
                                       FrameRange core,
                                       const DeflickerOptions& options) {
  const FrameRange halo = SmoothingHalo(core, options.window, clip.scene_starts, clip.size());
  const std::vector<Frame> guides(clip.guides.begin() + halo.begin, clip.guides.begin() + halo.end);
  const std::vector<Frame> stylized(clip.stylized.begin() + halo.begin,
                                    clip.stylized.begin() + halo.end);
  return Smooth({halo.begin, &guides}, {halo.begin, &stylized}, core, clip.scene_starts,
                clip.size(), options);
}

Result<std::vector<Frame>> SmoothAll(const Clip& clip, const DeflickerOptions& options) {
  return SmoothChunk(clip, {0, clip.size()}, options);
}

double MeanChange(const std::vector<Frame>& frames) {
  double sum = 0;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    sum += MeanDifference(frames[i - 1], frames[i]);
  }
  return sum / static_cast<double>(frames.size() - 1);
}

TEST(Deflicker, ReturnsEqualFramesAsTheyAre) {
  Clip clip;
  clip.guides.assign(5, PatternFrame(67, 45, 0, 0));
  clip.stylized.assign(5, NoiseFrame(67, 45, 3));
  const auto smooth = SmoothAll(clip, {.window = 2});
  ASSERT_TRUE(smooth);
  EXPECT_EQ(*smooth, clip.stylized);
}

// Goal: the picture never depends on how the clip was cut. Method: every way of cutting, each chunk
// from its own frames alone, against the whole clip at once.
TEST(Deflicker, GivesTheSameFramesForEveryCut) {
  Clip clip = FlickeringPan(11, 48, 36, 2.5);
  clip.scene_starts = {0, 6};
  for (const Mode mode : kModes) {
    const DeflickerOptions options{.mode = mode, .window = 3, .seed = 77};
    const auto whole = SmoothAll(clip, options);
    ASSERT_TRUE(whole);
    for (const std::uint32_t chunk : {1U, 2U, 3U, 5U, 8U}) {
      SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << ", " << chunk);
      std::vector<Frame> joined;
      for (std::uint32_t begin = 0; begin < clip.size(); begin += chunk) {
        const auto part = SmoothChunk(clip, {begin, std::min(begin + chunk, clip.size())}, options);
        ASSERT_TRUE(part);
        joined.insert(joined.end(), part->begin(), part->end());
      }
      EXPECT_EQ(joined, *whole);
    }
  }
}

TEST(Deflicker, SteadiesInEveryModeWithAndWithoutGuides) {
  const Clip clip = FlickeringPan(9, 96, 72, 3);
  for (const Mode mode : kModes) {
    for (const bool guided : {true, false}) {
      SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << ", " << guided);
      const auto smooth = Smooth({0, guided ? &clip.guides : nullptr}, {0, &clip.stylized}, {0, 9},
                                 {0}, 9, {.mode = mode, .window = 4});
      ASSERT_TRUE(smooth);
      EXPECT_LT(MeanDifference((*smooth)[4], clip.guides[4]), 7.5);
      EXPECT_LT(MeanDifference((*smooth)[5], clip.guides[5]), 7.5);
    }
  }
}

TEST(Deflicker, RobustModeKeepsMoreDetailThanThePlainMean) {
  const Clip clip = FlickeringPan(9, 96, 72, 2.5);
  const auto plain = SmoothAll(clip, {.mode = Mode::kBalanced, .window = 4});
  const auto robust = SmoothAll(clip, {.mode = Mode::kRobust, .window = 4});
  ASSERT_TRUE(plain && robust);
  EXPECT_LT(MeanDifference((*robust)[4], clip.guides[4]),
            MeanDifference((*plain)[4], clip.guides[4]));
}

TEST(Deflicker, RobustModeLeavesOneFrameAsItIs) {
  const Clip one = FlickeringPan(1, 40, 30, 0);
  const auto smooth = SmoothAll(one, {.mode = Mode::kRobust});
  ASSERT_TRUE(smooth);
  EXPECT_EQ(*smooth, one.stylized);
}

// 16 bits a channel, those below the frame's levels drawn at random.
Clip Deepened(Clip clip) {
  std::mt19937 random(11);
  for (Frame& frame : clip.stylized) {
    for (const std::uint8_t level : frame.rgb) {
      const int value = level * 257 + static_cast<int>(random() % 257) - 128;
      frame.deep.push_back(static_cast<std::uint16_t>(std::clamp(value, 0, 65535)));
    }
    const std::vector<std::uint8_t> levels = frame.rgb;
    RoundTo8Bits(&frame);
    EXPECT_EQ(frame.rgb, levels);
  }
  return clip;
}

// Goal: a high bit depth changes what is averaged and nothing else. Method: the same clip with and
// without bits below its levels, and each cut into chunks.
TEST(Deflicker, EveryModeKeepsAHighBitDepth) {
  const Clip plain = FlickeringPan(5, 64, 48, 2.5);
  const Clip deep = Deepened(plain);
  for (const auto& [mode, guided] : {std::pair(Mode::kRobust, true),
                                     {Mode::kRobust, false},
                                     {Mode::kBalanced, true},
                                     {Mode::kAccurate, true},
                                     {Mode::kFast, true},
                                     {Mode::kFast, false}}) {
    SCOPED_TRACE(testing::Message() << static_cast<int>(mode) << ", " << guided);
    const auto smooth = [mode = mode, guided = guided](const Clip& clip, FrameRange core) {
      return Smooth({0, guided ? &clip.guides : nullptr}, {0, &clip.stylized}, core, {0}, 5,
                    {.mode = mode, .window = 4})
          .value();
    };
    const std::vector<Frame> levels = smooth(plain, {0, 5});
    const std::vector<Frame> values = smooth(deep, {0, 5});
    double off = 0;
    for (std::size_t number = 0; number < 5; ++number) {
      EXPECT_TRUE(levels[number].deep.empty());
      ASSERT_EQ(values[number].deep.size(), values[number].rgb.size());
      for (std::size_t i = 0; i < values[number].deep.size(); ++i) {
        ASSERT_EQ(values[number].rgb[i], RoundedTo8Bits(values[number].deep[i]));
        ASSERT_NEAR(values[number].rgb[i], levels[number].rgb[i], 2);
        off += std::abs(values[number].deep[i] / 257.0 - values[number].rgb[i]);
      }
      EXPECT_EQ(
          smooth(deep, {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number + 1)})
              .front(),
          values[number]);
    }
    // Values of 8 bits would lie on their levels, those of 16 a quarter of a level away.
    EXPECT_NEAR(off / (5.0 * 64 * 48 * 3), 0.25, 0.03);
  }
}

TEST(Deflicker, RobustModeReturnsEqualDeepFramesAsTheyAre) {
  Clip clip;
  clip.guides.assign(3, PatternFrame(40, 30, 0, 0));
  clip.stylized.assign(1, PatternFrame(40, 30, 0, 0));
  clip.stylized.assign(3, Deepened(clip).stylized.front());
  const auto smooth = SmoothAll(clip, {.mode = Mode::kRobust, .window = 2});
  ASSERT_TRUE(smooth);
  ASSERT_EQ(smooth->size(), 3U);
  for (const Frame& frame : *smooth) {
    ASSERT_EQ(frame.deep.size(), frame.rgb.size());
    for (std::size_t i = 0; i < frame.deep.size(); ++i) {
      ASSERT_NEAR(frame.deep[i], clip.stylized.front().deep[i], 1);  // Of float's 24 bits.
    }
  }
}

TEST(Deflicker, RefusesFramesOfDifferentBitDepths) {
  Clip clip = FlickeringPan(3, 40, 30, 2.5);
  clip.stylized[1] = Deepened(clip).stylized[1];
  const auto smooth = SmoothAll(clip, {.mode = Mode::kRobust, .window = 2});
  ASSERT_FALSE(smooth);
  EXPECT_EQ(smooth.error().message(), "frame 1 has another bit depth than others");
}

TEST(Deflicker, DependsOnTheSeedOnlyThroughTheSearch) {
  Clip clip = FlickeringPan(3, 160, 120, 2.5);
  clip.guides[2] = PatternFrame(160, 120, 5, 2.5, 0.1);  // No single offset fits.
  const auto one = SmoothAll(clip, {.window = 1, .seed = 1});
  const auto two = SmoothAll(clip, {.window = 1, .seed = 2});
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_LT(MeanDifference((*one)[1], (*two)[1]), 3);
}

TEST(Deflicker, ReducesFlickerOfAStillPicture) {
  const Clip clip = FlickeringPan(9, 64, 48, 0);
  const auto smooth = SmoothAll(clip, {.window = 4});
  ASSERT_TRUE(smooth);
  EXPECT_LT(MeanChange(*smooth), MeanChange(clip.stylized) / 5);
}

TEST(Deflicker, ReducesFlickerOfAMovingPictureAndKeepsItsDetail) {
  const Clip clip = FlickeringPan(9, 96, 72, 3);
  const auto smooth = SmoothAll(clip, {.window = 4});
  ASSERT_TRUE(smooth);
  // The mean gain of the nine frames is 97 %, which alone is 4 levels away from the guide.
  EXPECT_GT(MeanDifference(clip.stylized[4], clip.guides[4]), 12);
  EXPECT_LT(MeanDifference((*smooth)[4], clip.guides[4]), 7);
  EXPECT_LT(MeanDifference((*smooth)[5], clip.guides[5]), 7);
}

TEST(Deflicker, NeverBlendsAcrossACut) {
  Clip clip;
  for (std::uint32_t i = 0; i < 6; ++i) {
    clip.guides.push_back(PlainFrame(32, 24, i < 3 ? 10 : 240));
    clip.stylized.push_back(PlainFrame(32, 24, i < 3 ? 50 : 200));
  }
  clip.scene_starts = {0, 3};
  const auto smooth = SmoothAll(clip, {.window = 4});
  ASSERT_TRUE(smooth);
  EXPECT_EQ(*smooth, clip.stylized);
  clip.scene_starts = {0};
  const auto blended = SmoothAll(clip, {.window = 4});
  ASSERT_TRUE(blended);
  EXPECT_NE(*blended, clip.stylized);
}

TEST(Deflicker, RoundsTheMeanOfTheWholeWindow) {
  // Flat frames: every remapped neighbour is its own level. (10 + 10 + 12) / 3 = 10.67.
  Clip clip;
  clip.guides.assign(3, PlainFrame(16, 16, 7));
  clip.stylized = {PlainFrame(16, 16, 10), PlainFrame(16, 16, 10), PlainFrame(16, 16, 12)};
  const auto smooth = SmoothAll(clip, {.window = 2});
  ASSERT_TRUE(smooth);
  EXPECT_EQ(*smooth, std::vector<Frame>(3, PlainFrame(16, 16, 11)));
}

TEST(Deflicker, TakesClipsOfOneFrameAndAnEmptyWindow) {
  const Clip one = FlickeringPan(1, 20, 10, 0);
  const auto smooth = SmoothAll(one, {});
  ASSERT_TRUE(smooth);
  EXPECT_EQ(*smooth, one.stylized);
  const Clip four = FlickeringPan(4, 20, 10, 1);
  const auto same = SmoothAll(four, {.window = 0});
  ASSERT_TRUE(same);
  EXPECT_EQ(*same, four.stylized);
}

TEST(Deflicker, TakesTinyAndOddSizes) {
  for (const auto& [width, height] :
       {std::pair(1, 1), std::pair(3, 3), std::pair(7, 5), std::pair(1, 40), std::pair(321, 177)}) {
    SCOPED_TRACE(testing::Message() << width << "x" << height);
    const Clip clip = FlickeringPan(2, width, height, 1);
    const auto smooth = SmoothAll(clip, {.window = 1});
    ASSERT_TRUE(smooth);
    EXPECT_EQ((*smooth)[1].width, width);
    EXPECT_EQ((*smooth)[1].height, height);
    EXPECT_EQ((*smooth)[1].rgb.size(), clip.stylized[1].rgb.size());
  }
}

TEST(Deflicker, HoldsTheExtremesWithTheLargestPatch) {
  Clip clip;
  clip.guides = {PlainFrame(40, 30, 0), PlainFrame(40, 30, 255)};
  clip.stylized = clip.guides;
  const auto smooth = SmoothAll(clip, {.window = 1, .patch_size = 15, .guide_weight = 100});
  ASSERT_TRUE(smooth);
  EXPECT_EQ(*smooth, std::vector<Frame>(2, PlainFrame(40, 30, 128)));
}

TEST(Deflicker, RefusesRunsThatDoNotHoldTheirWindows) {
  const Clip clip = FlickeringPan(6, 20, 16, 1);
  const std::vector<Frame> few(clip.stylized.begin(), clip.stylized.begin() + 3);
  const std::vector<Frame> empty;
  const auto code = [&](const FrameRun& guides, const FrameRun& stylized, FrameRange core) {
    const auto result = Smooth(guides, stylized, core, {0}, 6, {.window = 2});
    return result ? ErrorCode::kInternal : result.error().code();
  };
  EXPECT_EQ(code({0, &clip.guides}, {0, &few}, {0, 2}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({0, &few}, {0, &clip.stylized}, {0, 2}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({3, &clip.guides}, {3, &clip.stylized}, {4, 5}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({0, &empty}, {0, &empty}, {0, 1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({0, nullptr}, {0, nullptr}, {0, 1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({0, &clip.guides}, {0, &clip.stylized}, {2, 2}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({0, &clip.guides}, {0, &clip.stylized}, {5, 7}), ErrorCode::kInvalidArgument);
}

TEST(Deflicker, RefusesFramesOfDifferentSizes) {
  Clip clip = FlickeringPan(3, 20, 16, 1);
  clip.stylized[2] = PlainFrame(20, 17, 0);
  const auto result = SmoothAll(clip, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(result.error().message().find("frame 2"), std::string::npos);
}

}  // namespace
}  // namespace weft::deflicker
