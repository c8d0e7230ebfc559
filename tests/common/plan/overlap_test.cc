#include "common/plan/overlap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

// Chunks 0-7, 8-15, 16-23, 24-29; a cut at 17.
const Overlap kOverlap{.chunk_frames = 8, .frames = 2, .scene_starts = {0, 17}, .frame_count = 30};

TEST(RenderedBy, GoesBeyondTheChunkAsFarAsTheSceneDoes) {
  EXPECT_EQ(RenderedBy(0, kOverlap), (FrameRange{0, 10}));
  EXPECT_EQ(RenderedBy(1, kOverlap), (FrameRange{6, 17}));
  EXPECT_EQ(RenderedBy(2, kOverlap), (FrameRange{14, 26}));
  EXPECT_EQ(RenderedBy(3, kOverlap), (FrameRange{22, 30}));
}

TEST(SharesOf, ChangeByEqualStepsFromOneChunkToTheNext) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::vector<Share> shares = SharesOf(6 + i, kOverlap);
    ASSERT_EQ(shares.size(), 2U);
    EXPECT_EQ(shares[0].chunk, 0U);
    EXPECT_EQ(shares[1].chunk, 1U);
    EXPECT_DOUBLE_EQ(shares[1].weight, 0.125 + 0.25 * i);
  }
}

// Whatever the lengths: a frame's shares are all those that rendered it, and make it whole.
TEST(SharesOf, AreOfAllThatRenderedTheFrame) {
  for (const std::uint32_t chunk_frames : {1, 3, 8, 40}) {
    for (const std::uint32_t frames : {0, 1, 2, 7}) {
      Overlap overlap = kOverlap;
      overlap.chunk_frames = chunk_frames;
      overlap.frames = frames;
      const std::uint32_t chunks = (overlap.frame_count + chunk_frames - 1) / chunk_frames;
      for (std::uint32_t frame = 0; frame < overlap.frame_count; ++frame) {
        std::vector<std::uint32_t> rendered;
        for (std::uint32_t chunk = 0; chunk < chunks; ++chunk) {
          if (RenderedBy(chunk, overlap).Contains(frame)) {
            rendered.push_back(chunk);
          }
        }
        std::vector<std::uint32_t> shared;
        double sum = 0;
        for (const Share& share : SharesOf(frame, overlap)) {
          shared.push_back(share.chunk);
          EXPECT_GT(share.weight, 0);
          sum += share.weight;
        }
        EXPECT_EQ(shared, rendered) << chunk_frames << " " << frames << " " << frame;
        EXPECT_NEAR(sum, 1, 1e-12);
      }
    }
  }
}

TEST(SharesOf, FramesOfOneChunkAloneAreItsOwn) {
  const std::vector<Share> shares = SharesOf(3, kOverlap);
  ASSERT_EQ(shares.size(), 1U);
  EXPECT_EQ(shares[0].weight, 1.0);
}

}  // namespace
}  // namespace weft
