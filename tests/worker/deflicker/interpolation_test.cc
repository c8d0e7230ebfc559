#include "worker/deflicker/interpolation.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

// What a tool that stylizes might make of it: other colours, stronger contrast.
Frame Stylized(const Frame& frame) {
  Frame style = frame;
  for (std::size_t i = 0; i < frame.rgb.size(); i += 3) {
    style.rgb[i] = static_cast<std::uint8_t>(255 - frame.rgb[i + 1]);
    style.rgb[i + 1] = static_cast<std::uint8_t>(frame.rgb[i] / 2 + 40);
    style.rgb[i + 2] = frame.rgb[i] > 128 ? 220 : 30;
  }
  return style;
}

// A turning pan; the truth of every frame's style is known.
class Clip {
 public:
  Clip(std::uint32_t frame_count, int width, int height) {
    for (std::uint32_t i = 0; i < frame_count; ++i) {
      guides_.push_back(PatternFrame(width, height, 1.5 * i, 0.5 * i, 0.004 * i));
      truth_.push_back(Stylized(guides_.back()));
    }
  }

  // A cut: frames from `first` on show another place.
  void CutAt(std::uint32_t first) {
    for (std::uint32_t i = first; i < guides_.size(); ++i) {
      guides_[i] = PatternFrame(guides_[i].width, guides_[i].height, 900 + 1.5 * i, 700);
      truth_[i] = Stylized(guides_[i]);
    }
    scene_starts_ = {0, first};
  }

  // As a worker: reads what it is asked for, and notes the numbers.
  Result<std::vector<Frame>> Made(const std::vector<std::uint32_t>& keys,
                                  FrameRange core,
                                  const InterpolationOptions& options = {}) {
    const ClipFrames frames = {[this](std::uint32_t number) -> Result<Frame> {
                                 guides_read_.insert(number);
                                 return guides_[number];
                               },
                               [this](std::uint32_t number) -> Result<Frame> {
                                 styles_read_.insert(number);
                                 return truth_[number];
                               },
                               scene_starts_, static_cast<std::uint32_t>(guides_.size())};
    std::vector<Frame> made;
    WEFT_RETURN_IF_ERROR(Interpolate(frames, keys, core, options, [&made](Frame frame) -> Status {
      made.push_back(std::move(frame));
      return {};
    }));
    return made;
  }

  std::vector<Frame> guides_;
  std::vector<Frame> truth_;
  std::vector<std::uint32_t> scene_starts_ = {0};
  std::set<std::uint32_t> guides_read_;
  std::set<std::uint32_t> styles_read_;
};

TEST(Interpolate, ShowsTheStyleWhereTheGuideMoved) {
  Clip clip(13, 128, 96);
  const auto made = clip.Made({0, 12}, {0, 13});
  ASSERT_TRUE(made);
  for (std::uint32_t i = 0; i < 13; ++i) {
    const double off = MeanDifference((*made)[i], clip.truth_[i]);
    EXPECT_LT(off, 8) << i;
    const std::uint32_t key = i < 6 ? 0 : 12;
    EXPECT_TRUE(i % 12 == 0 || off < MeanDifference(clip.truth_[key], clip.truth_[i]) / 3) << i;
  }
  EXPECT_EQ((*made)[0], clip.truth_[0]) << "key frames stay as they are";
  EXPECT_EQ((*made)[12], clip.truth_[12]);
}

TEST(Interpolate, PropagatesOneKeyFrameBothWays) {
  Clip clip(9, 128, 96);
  const auto made = clip.Made({4}, {0, 9});
  ASSERT_TRUE(made);
  for (std::uint32_t i = 0; i < 9; ++i) {
    EXPECT_LT(MeanDifference((*made)[i], clip.truth_[i]), 8) << i;
  }
}

TEST(Interpolate, CountsTheNearerKeyFrameMore) {
  Clip clip(5, 40, 30);
  clip.guides_.assign(5, PatternFrame(40, 30, 0, 0));
  clip.truth_[0] = PlainFrame(40, 30, 100);
  clip.truth_[4] = PlainFrame(40, 30, 200);
  const auto made = clip.Made({0, 4}, {0, 5});
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)[1], PlainFrame(40, 30, 125));
  EXPECT_EQ((*made)[2], PlainFrame(40, 30, 150));
  EXPECT_EQ((*made)[3], PlainFrame(40, 30, 175));
}

// Goal: the picture never depends on how the clip was cut.
TEST(Interpolate, GivesTheSameFramesForEveryCutAndReadsOnlyWhatItNeeds) {
  Clip clip(12, 64, 48);
  clip.CutAt(7);
  const std::vector<std::uint32_t> keys = {1, 5, 9};
  const InterpolationOptions options{.window = 2, .seed = 7};
  const auto whole = clip.Made(keys, {0, 12}, options);
  ASSERT_TRUE(whole);
  for (const std::uint32_t chunk : {1U, 3U, 5U}) {
    SCOPED_TRACE(chunk);
    std::vector<Frame> joined;
    for (std::uint32_t begin = 0; begin < 12; begin += chunk) {
      const auto part = clip.Made(keys, {begin, std::min(begin + chunk, 12U)}, options);
      ASSERT_TRUE(part);
      joined.insert(joined.end(), part->begin(), part->end());
    }
    EXPECT_EQ(joined, *whole);
  }
  clip.guides_read_.clear();
  clip.styles_read_.clear();
  ASSERT_TRUE(clip.Made(keys, {3, 5}, options));
  EXPECT_EQ(clip.guides_read_, (std::set<std::uint32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(clip.styles_read_, (std::set<std::uint32_t>{1, 5}));
}

TEST(Interpolate, KeepsAHighBitDepth) {
  Clip clip(5, 64, 48);
  const std::vector<Frame> plain = clip.Made({0, 4}, {0, 5}).value();
  std::mt19937 random(3);
  for (const std::size_t key : {0, 4}) {
    for (const std::uint8_t level : clip.truth_[key].rgb) {
      const int value = level * 257 + static_cast<int>(random() % 257) - 128;
      clip.truth_[key].deep.push_back(static_cast<std::uint16_t>(std::clamp(value, 0, 65535)));
    }
  }
  const std::vector<Frame> deep = clip.Made({0, 4}, {0, 5}).value();
  EXPECT_EQ(deep[4], clip.truth_[4]);
  double off = 0;
  for (const std::size_t number : {1, 2, 3}) {
    ASSERT_EQ(deep[number].deep.size(), plain[number].rgb.size());
    for (std::size_t i = 0; i < deep[number].deep.size(); ++i) {
      ASSERT_NEAR(deep[number].rgb[i], plain[number].rgb[i], 1);
      off += std::abs(deep[number].deep[i] / 257.0 - deep[number].rgb[i]);
    }
  }
  EXPECT_NEAR(off / (3.0 * 64 * 48 * 3), 0.25, 0.03) << "of a level: 8 bits would do as well";
  // One key frame alone, and keys of two depths.
  EXPECT_FALSE(clip.Made({4}, {2, 3}).value().front().deep.empty());
  clip.truth_[0].deep.clear();
  EXPECT_EQ(clip.Made({0, 4}, {2, 3}).error().message(),
            "key frame 4 has another bit depth than others");
}

TEST(Interpolate, StaysInItsShot) {
  Clip clip(8, 96, 72);
  clip.CutAt(4);
  const auto made = clip.Made({0, 7}, {0, 8});
  ASSERT_TRUE(made);
  EXPECT_LT(MeanDifference((*made)[3], clip.truth_[3]), 8);
  EXPECT_LT(MeanDifference((*made)[4], clip.truth_[4]), 8);
}

TEST(Interpolate, RefusesWhatCannotServe) {
  Clip clip(8, 32, 24);
  EXPECT_FALSE(clip.Made({}, {0, 8}));
  EXPECT_FALSE(clip.Made({8}, {0, 8}));
  EXPECT_FALSE(clip.Made({0}, {3, 9}));
  EXPECT_FALSE(clip.Made({0}, {0, 8}, {.patch_size = 17}));
  clip.truth_[0] = PlainFrame(32, 25, 0);
  const auto made = clip.Made({0}, {0, 8});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(), "key frame 0 is 32x25, its guide 32x24");
}

TEST(Interpolate, EndsWithTheErrorOfWhoTakesTheFrames) {
  Clip clip(4, 32, 24);
  int taken = 0;
  const auto read = [&](std::uint32_t number) -> Result<Frame> { return clip.guides_[number]; };
  const Status ended =
      Interpolate({read, read, {0}, 4}, {0}, {0, 4}, {}, [&](const Frame&) -> Status {
        return ++taken < 2 ? Status() : Failure(ErrorCode::kCancelled, "enough");
      });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message(), "enough");
  EXPECT_EQ(taken, 2);
}

}  // namespace
}  // namespace weft::deflicker
