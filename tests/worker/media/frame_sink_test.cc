#include "worker/media/frame_sink.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/worker/media/moving_picture.h"
#include "tests/worker/media/scratch.h"
#include "worker/media/frame_source.h"

namespace weft::media {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Frame> ReadAll(const std::string& path) {
  auto clip = OpenClip(path).value();
  std::vector<Frame> frames;
  for (std::uint32_t i = 0; i < clip->facts().frame_count; ++i) {
    frames.push_back(clip->Read(i).value());
  }
  return frames;
}

TEST(OpenSegment, KeepsEveryByteWhenLossless) {
  Scratch scratch;
  for (const int width : {2, 37, 321}) {
    const SegmentFormat format{Codec::kFfv1, width, 33, 24, 1};
    const std::vector<Frame> frames = MovingPicture(0, 6, width, 33);
    const std::string path = scratch.Write("segment.mkv", SegmentOf(format, frames));
    EXPECT_EQ(ReadAll(path), frames) << "as we read it, " << width << " wide";
    EXPECT_EQ(FramesByFfmpeg(path, width, 33), frames)
        << "as ffmpeg reads it, " << width << " wide";
  }
}

TEST(OpenSegment, GivesEqualBytesForEqualFramesWhateverWasInMemory) {
  for (const Codec codec : {Codec::kH264, Codec::kFfv1}) {
    for (const int width : {34, 64, 320}) {
      const SegmentFormat format{codec, width, 48, 30000, 1001};
      const std::vector<Frame> frames = MovingPicture(0, 30, width, 48);
      const std::string bytes = SegmentOf(format, frames);
      for (const int fill : {0x55, 0xAA, 0xFF}) {
        mallopt(M_PERTURB, fill);  // NOLINT(concurrency-mt-unsafe)
        EXPECT_TRUE(SegmentOf(format, frames) == bytes) << width << " wide, " << fill;
      }
      mallopt(M_PERTURB, 0);  // NOLINT(concurrency-mt-unsafe)
    }
  }
}

TEST(OpenSegment, LeavesNoVersionsInTheBytes) {
  const SegmentFormat format{Codec::kH264, 64, 48, 25, 1};
  const std::string bytes = SegmentOf(format, MovingPicture(0, 5, 64, 48));
  EXPECT_THAT(bytes, Not(HasSubstr("x264")));
  EXPECT_THAT(bytes, Not(HasSubstr("Lavf5")));
  EXPECT_THAT(bytes, Not(HasSubstr("Lavc5")));
}

TEST(OpenSegment, StoresH264CloseToTheFramesAndTagsItsColours) {
  Scratch scratch;
  const SegmentFormat format{Codec::kH264, 96, 64, 25, 1};
  const std::vector<Frame> frames = MovingPicture(0, 40, 96, 64);
  const std::string path = scratch.Write("segment.mkv", SegmentOf(format, frames));
  EXPECT_LT(LargestDifference(ReadAll(path), frames), 3.0);
  EXPECT_THAT(Probe(path,
                    "-select_streams v:0 -show_entries "
                    "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries"),
              ::testing::ElementsAre("yuv420p", "tv", "bt709", "bt709", "bt709"));
}

// The frames as the segment holds them, against what was written: mean, in levels of 8 bits.
double MeanDeepDifference(const std::string& path, const std::vector<Frame>& frames) {
  auto clip = OpenClip(path).value();
  double sum = 0;
  for (std::uint32_t i = 0; i < frames.size(); ++i) {
    const Frame read = clip->ReadDeep(i).value();
    for (std::size_t at = 0; at < read.deep.size(); ++at) {
      sum += std::abs(read.deep[at] - frames[i].deep.at(at)) / 257.0;
    }
  }
  return sum / static_cast<double>(frames.size() * frames.front().deep.size());
}

TEST(OpenSegment, StoresAHighBitDepthInTenBitsOfH264) {
  Scratch scratch;
  SegmentFormat format{.width = 96, .height = 64, .deep = true};
  const std::vector<Frame> frames = DeepRamps(12, 96, 64);
  const std::string bytes = SegmentOf(format, frames);
  EXPECT_TRUE(SegmentOf(format, frames) == bytes);
  const std::string path = scratch.Write("segment.mkv", bytes);
  EXPECT_THAT(Probe(path, "-select_streams v:0 -show_entries stream=profile,pix_fmt"),
              ::testing::ElementsAre("High 10", "yuv420p10le"));
  format.deep = false;
  const std::string coarse = scratch.Write("coarse.mkv", SegmentOf(format, frames));
  EXPECT_LT(MeanDeepDifference(path, frames), 0.6 * MeanDeepDifference(coarse, frames));
}

TEST(OpenSegment, RefusesAFrameOfEightBitsForMore) {
  auto segment = OpenSegment({.width = 64, .height = 48, .deep = true}).value();
  const Status written = segment->Write(MovingPicture(0, 1, 64, 48).front());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("8 bits"));
}

TEST(OpenSegment, IsOneClosedGroupOfPictures) {
  Scratch scratch;
  const SegmentFormat format{Codec::kH264, 64, 48, 25, 1};
  std::vector<Frame> frames = MovingPicture(0, 30, 64, 48);
  for (std::size_t i = 15; i < frames.size(); ++i) {
    for (std::uint8_t& value : frames[i].rgb) {
      value = static_cast<std::uint8_t>(255 - value);  // A scene cut inside.
    }
  }
  const std::string path = scratch.Write("segment.mkv", SegmentOf(format, frames));
  std::vector<std::string> types = Probe(path, "-show_entries frame=pict_type");
  ASSERT_EQ(types.size(), 30U);
  EXPECT_EQ(types[0], "I");
  EXPECT_THAT(Probe(path, "-show_entries packet=flags"),
              ::testing::Contains(HasSubstr("K")).Times(1));
}

TEST(OpenSegment, RefusesWhatTheCodecCannotHold) {
  const auto odd = OpenSegment({Codec::kH264, 321, 176, 25, 1});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(odd.error().message(), HasSubstr("even"));
  EXPECT_FALSE(OpenSegment({Codec::kFfv1, 0, 4, 25, 1}));
  EXPECT_FALSE(OpenSegment({Codec::kFfv1, 4, 4, 0, 1}));
}

TEST(OpenSegment, RefusesFramesOfAnotherSizeAndNoFrames) {
  auto segment = OpenSegment({Codec::kFfv1, 16, 16, 25, 1}).value();
  EXPECT_EQ(segment->Write(MovingPicture(0, 1, 16, 8)[0]).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(segment->Finish().error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::media
