#include "common/plan/frames.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;

// Two cuts: scenes 0-9, 10-11, 12-29.
const std::vector<std::uint32_t> kStarts = {0, 10, 12};
constexpr std::uint32_t kCount = 30;

TEST(SceneOf, FindsTheSceneOfEachFrame) {
  EXPECT_EQ(SceneOf(0, kStarts, kCount), (FrameRange{0, 10}));
  EXPECT_EQ(SceneOf(9, kStarts, kCount), (FrameRange{0, 10}));
  EXPECT_EQ(SceneOf(10, kStarts, kCount), (FrameRange{10, 12}));
  EXPECT_EQ(SceneOf(29, kStarts, kCount), (FrameRange{12, 30}));
}

TEST(SmoothingWindow, StopsAtCutsAndEnds) {
  EXPECT_EQ(SmoothingWindow(5, 2, kStarts, kCount), (FrameRange{3, 8}));
  EXPECT_EQ(SmoothingWindow(9, 2, kStarts, kCount), (FrameRange{7, 10}));
  EXPECT_EQ(SmoothingWindow(10, 2, kStarts, kCount), (FrameRange{10, 12}));
  EXPECT_EQ(SmoothingWindow(29, 2, kStarts, kCount), (FrameRange{27, 30}));
  EXPECT_EQ(SmoothingWindow(5, 0, kStarts, kCount), (FrameRange{5, 6}));
  EXPECT_EQ(SmoothingWindow(5, 4000000000, kStarts, kCount), (FrameRange{0, 10}));
}

TEST(AnchorFrames, StandAtEverySceneAndEverySpacing) {
  EXPECT_THAT(SpacedFrames(8, kStarts, kCount), ElementsAre(0, 8, 10, 12, 20, 28));
  EXPECT_THAT(SpacedFrames(100, kStarts, kCount), ElementsAre(0, 10, 12));
}

TEST(AttendedAnchors, TheFirstNeedNotBeTheFirstFrame) {
  EXPECT_THAT(AttendedAnchors(80, 2, {24, 70, 90}, {0}, 100), ElementsAre(24, 70));
  EXPECT_THAT(AttendedAnchors(81, 1, {24, 70, 90}, {0, 60}, 100), ElementsAre(24));
}

TEST(AttendedAnchors, AreTheFirstAndTheNearestOfTheScene) {
  const std::vector<std::uint32_t> anchors = {0, 8, 10, 12, 20, 28};
  EXPECT_THAT(AttendedAnchors(13, 1, anchors, kStarts, kCount), ElementsAre(0));
  EXPECT_THAT(AttendedAnchors(13, 2, anchors, kStarts, kCount), ElementsAre(0, 12));
  EXPECT_THAT(AttendedAnchors(16, 2, anchors, kStarts, kCount), ElementsAre(0, 12));
  EXPECT_THAT(AttendedAnchors(13, 3, anchors, kStarts, kCount), ElementsAre(0, 12, 20));
  // Frame 11's scene has one anchor only; then the nearest of others, the earlier at equal
  // distance.
  EXPECT_THAT(AttendedAnchors(11, 3, anchors, kStarts, kCount), ElementsAre(0, 10, 12));
  EXPECT_THAT(AttendedAnchors(10, 3, anchors, kStarts, kCount), ElementsAre(0, 8, 10));
  EXPECT_THAT(AttendedAnchors(10, 100, anchors, kStarts, kCount),
              ElementsAre(0, 8, 10, 12, 20, 28));
  EXPECT_THAT(AttendedAnchors(10, 0, anchors, kStarts, kCount), ElementsAre());
}

struct Job {
  std::uint32_t frame_count;
  std::vector<std::uint32_t> scene_starts;
};

Job RandomJob(std::mt19937& random) {
  Job job{1 + static_cast<std::uint32_t>(random() % 60), {0}};
  for (std::uint32_t frame = 1; frame < job.frame_count; ++frame) {
    if (random() % 8 == 0) {
      job.scene_starts.push_back(frame);
    }
  }
  return job;
}

using Property = void (*)(const Job& job, std::mt19937& random);

// Holds `property` against many jobs; a failure names the seed that makes it again.
void ExpectOfRandomJobs(Property property) {
  for (unsigned seed = 0; seed < 500 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    property(RandomJob(random), random);
  }
}

// Every frame that smoothing some frame of `core` reads.
std::set<std::uint32_t> FramesRead(FrameRange core, std::uint32_t window, const Job& job) {
  std::set<std::uint32_t> frames;
  for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
    const FrameRange reads = SmoothingWindow(frame, window, job.scene_starts, job.frame_count);
    for (std::uint32_t other = reads.begin; other < reads.end; ++other) {
      frames.insert(other);
    }
  }
  return frames;
}

// Whatever the cut, a chunk has what smoothing its frames needs, and nothing for nothing.
TEST(SmoothingHalo, IsJustWhatTheWindowsOfItsFramesNeed) {
  ExpectOfRandomJobs([](const Job& job, std::mt19937& random) {
    const std::uint32_t window = random() % 10;
    const std::uint32_t chunk = 1 + random() % 12;
    for (std::uint32_t begin = 0; begin < job.frame_count; begin += chunk) {
      const FrameRange core{begin, std::min(begin + chunk, job.frame_count)};
      const FrameRange halo = SmoothingHalo(core, window, job.scene_starts, job.frame_count);
      const std::set<std::uint32_t> needed = FramesRead(core, window, job);
      EXPECT_EQ(halo, (FrameRange{*needed.begin(), *needed.rbegin() + 1}));
      EXPECT_EQ(needed.size(), halo.size());
    }
  });
}

TEST(SmoothingWindow, IsMutual) {
  ExpectOfRandomJobs([](const Job& job, std::mt19937& random) {
    const std::uint32_t window = random() % 10;
    const std::uint32_t a = random() % job.frame_count;
    const FrameRange reads_a = SmoothingWindow(a, window, job.scene_starts, job.frame_count);
    EXPECT_TRUE(reads_a.Contains(a));
    for (std::uint32_t b = 0; b < job.frame_count; ++b) {
      const FrameRange reads_b = SmoothingWindow(b, window, job.scene_starts, job.frame_count);
      EXPECT_EQ(reads_a.Contains(b), reads_b.Contains(a)) << a << " and " << b;
    }
  });
}

// A chunk's task carries only the anchors that its frames attend to; each frame must still choose
// as it would have among all.
TEST(AttendedAnchors, AreTheSameFromAnySubsetThatHoldsThem) {
  ExpectOfRandomJobs([](const Job& job, std::mt19937& random) {
    const auto anchors = SpacedFrames(1 + random() % 10, job.scene_starts, job.frame_count);
    const std::uint32_t count = random() % 5;
    const std::uint32_t frame = random() % job.frame_count;
    const auto attended = AttendedAnchors(frame, count, anchors, job.scene_starts, job.frame_count);
    EXPECT_EQ(attended.size(), std::min<std::size_t>(count, anchors.size()));
    EXPECT_TRUE(std::is_sorted(attended.begin(), attended.end()));
    EXPECT_TRUE(std::includes(anchors.begin(), anchors.end(), attended.begin(), attended.end()));
    std::vector<std::uint32_t> subset;
    std::copy_if(
        anchors.begin(), anchors.end(), std::back_inserter(subset), [&](std::uint32_t anchor) {
          return random() % 2 == 0 || std::count(attended.begin(), attended.end(), anchor) > 0;
        });
    EXPECT_EQ(AttendedAnchors(frame, count, subset, job.scene_starts, job.frame_count), attended);
  });
}

}  // namespace
}  // namespace weft
