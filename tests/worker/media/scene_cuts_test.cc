#include "worker/media/scene_cuts.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::media {
namespace {

using ::testing::ElementsAre;

constexpr int kWidth = 96;
constexpr int kHeight = 64;

// A clip computed pixel by pixel: value(frame, x, y, channel), 0..255.
using Pixels = std::function<double(std::uint32_t, int, int, int)>;

class DrawnClip : public FrameSource {
 public:
  DrawnClip(std::uint32_t frame_count, Pixels pixels) : pixels_(std::move(pixels)) {
    facts_.frame_count = frame_count;
    facts_.width = kWidth;
    facts_.height = kHeight;
  }

  [[nodiscard]] const ClipFacts& facts() const override { return facts_; }

  Result<Frame> Read(std::uint32_t index) override {
    Frame frame{kWidth, kHeight, {}};
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        for (int channel = 0; channel < 3; ++channel) {
          const double value = pixels_(index, x, y, channel);
          frame.rgb.push_back(static_cast<std::uint8_t>(std::min(std::max(value, 0.0), 255.0)));
        }
      }
    }
    return frame;
  }

  Result<Frame> ReadDeep(std::uint32_t /*index*/) override {
    return Failure(ErrorCode::kUnsupported, "cuts are found in 8 bits");
  }

 private:
  ClipFacts facts_;
  Pixels pixels_;
};

// Two views that have nothing in common; both move.
double Hills(std::uint32_t frame, int x, int y) {
  return 120 + 80 * std::sin(0.05 * (x + frame)) * std::cos(0.07 * y);
}
double Streets(std::uint32_t frame, int x, int y) {
  return 120 + 80 * std::cos(0.15 * x) * std::sin(0.11 * (y + 0.5 * frame));
}

std::vector<std::uint32_t> StartsIn(std::uint32_t frame_count, const Pixels& pixels) {
  DrawnClip clip(frame_count, pixels);
  return FindSceneStarts(clip, {0, frame_count}).value();
}

TEST(FindSceneStarts, FindsEveryCut) {
  EXPECT_THAT(StartsIn(40,
                       [](auto frame, int x, int y, int) {
                         return frame < 12 || frame >= 30 ? Hills(frame, x, y)
                                                          : Streets(frame, x, y);
                       }),
              ElementsAre(0, 12, 30));
}

TEST(FindSceneStarts, CountsFromTheFirstFrameOfTheRange) {
  DrawnClip clip(40, [](auto frame, int x, int y, int) {
    return frame < 25 ? Hills(frame, x, y) : Streets(frame, x, y);
  });
  EXPECT_THAT(FindSceneStarts(clip, {10, 40}).value(), ElementsAre(0, 15));
  EXPECT_THAT(FindSceneStarts(clip, {25, 40}).value(), ElementsAre(0));
  EXPECT_THAT(FindSceneStarts(clip, {10, 26}).value(), ElementsAre(0, 15));
}

TEST(FindSceneStarts, TellsScenesOfOneColourApart) {
  EXPECT_THAT(StartsIn(20, [](auto frame, int, int,
                              int channel) { return channel == (frame < 9 ? 0 : 2) ? 220 : 20; }),
              ElementsAre(0, 9));
}

TEST(FindSceneStarts, TakesNoFlickerForACut) {
  EXPECT_THAT(StartsIn(40,
                       [](auto frame, int x, int y, int channel) {
                         const double gain =
                             0.7 + 0.3 * ((frame * 7919U + channel * 13U) % 11U) / 10;
                         return gain * Hills(frame, x, y);
                       }),
              ElementsAre(0));
}

TEST(FindSceneStarts, TakesNoFlashForACut) {
  EXPECT_THAT(StartsIn(30, [](auto frame, int x, int y,
                              int) { return frame == 14 ? 250.0 : Hills(frame, x, y); }),
              ElementsAre(0));
}

TEST(FindSceneStarts, TakesNoFadeForACut) {
  EXPECT_THAT(StartsIn(40,
                       [](auto frame, int x, int y, int) {
                         const double part = std::min(1.0, std::max(0.0, (frame - 10.0) / 20));
                         return (1 - part) * Hills(frame, x, y) + part * Streets(frame, x, y);
                       }),
              ElementsAre(0));
}

TEST(FindSceneStarts, GivesOneSceneForOneFrame) {
  EXPECT_THAT(StartsIn(1, [](auto frame, int x, int y, int) { return Hills(frame, x, y); }),
              ElementsAre(0));
}

// Cuts, flashes, and noise that no two frames share.
double Reel(std::uint32_t frame, int x, int y, int channel) {
  const double noise = (frame * 31U + static_cast<unsigned>(x * 7 + y * 3 + channel)) % 17U;
  const bool streets = frame / 9 % 2 == 1 || frame == 31;
  return noise + (streets ? Streets(frame, x, y) : Hills(frame, x, y));
}

TEST(MeasureChanges, OfPartsAreThoseOfTheWhole) {
  constexpr std::uint32_t kFrames = 40;
  DrawnClip clip(kFrames, Reel);
  for (const std::uint32_t begin : {0U, 5U}) {
    const SceneChanges whole = MeasureChanges(clip, {begin, kFrames}, kFrames).value();
    ASSERT_EQ(whole.to_next.size(), kFrames - begin - 1);
    ASSERT_EQ(whole.past_next.size(), kFrames - begin - 2);
    for (std::uint32_t length = 1; length < kFrames; ++length) {
      SceneChanges joined;
      for (std::uint32_t at = begin; at < kFrames; at += length) {
        const FrameRange part{at, std::min(kFrames, at + length)};
        const SceneChanges changes = MeasureChanges(clip, part, kFrames).value();
        joined.to_next.insert(joined.to_next.end(), changes.to_next.begin(), changes.to_next.end());
        joined.past_next.insert(joined.past_next.end(), changes.past_next.begin(),
                                changes.past_next.end());
      }
      EXPECT_EQ(joined.to_next, whole.to_next) << "parts of " << length;
      EXPECT_EQ(joined.past_next, whole.past_next) << "parts of " << length;
    }
  }
  EXPECT_THAT(FindSceneStarts(clip, {0, kFrames}).value(), ElementsAre(0, 9, 18, 27, 36));
}

TEST(MeasureChanges, ReadsNothingForAnEmptyPartAndNothingBehindTheEnd) {
  DrawnClip clip(5, Reel);
  std::uint32_t read = 0;
  const FrameWatch count = [&] {
    ++read;
    return Status();
  };
  EXPECT_THAT(MeasureChanges(clip, {2, 2}, 5, count).value().to_next, ElementsAre());
  EXPECT_EQ(read, 0U);
  ASSERT_TRUE(MeasureChanges(clip, {1, 2}, 5, count));
  EXPECT_EQ(read, 3U) << "its own and two more";
  ASSERT_TRUE(MeasureChanges(clip, {3, 4}, 4, count));
  EXPECT_EQ(read, 4U) << "its own alone";
}

TEST(MeasureChanges, EndsWhenItsWatchSaysSo) {
  DrawnClip clip(5, Reel);
  const auto stopped = MeasureChanges(
      clip, {0, 5}, 5, [] { return Status(Failure(ErrorCode::kCancelled, "stop")); });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
}

TEST(FindSceneStarts, RefusesARangeBeyondTheClip) {
  DrawnClip clip(5, [](auto, int, int, int) { return 0.0; });
  EXPECT_EQ(FindSceneStarts(clip, {0, 6}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(FindSceneStarts(clip, {3, 3}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(MeasureChanges(clip, {0, 3}, 2).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::media
