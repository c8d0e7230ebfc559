#include "worker/media/segment_reader.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/moving_picture.h"

namespace weft::media {
namespace {

using ::testing::HasSubstr;

Result<std::vector<Frame>> Read(const std::string& segment, std::uint32_t count) {
  std::vector<Frame> frames;
  const Status read = ReadSegment(segment, count, [&](Frame frame) -> Status {
    frames.push_back(std::move(frame));
    return {};
  });
  return read ? Result<std::vector<Frame>>(std::move(frames)) : Failure(read.error());
}

std::string MessageOf(const Result<std::vector<Frame>>& result) {
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kDataLoss);
  return result.error().message();
}

TEST(ReadSegment, GivesTheFramesThatWereWritten) {
  for (const int width : {2, 34, 321}) {
    const std::vector<Frame> frames = MovingPicture(0, 7, width, 33);
    const std::string segment = SegmentOf({Codec::kFfv1, width, 33, 25, 1}, frames);
    EXPECT_EQ(Read(segment, 7).value(), frames) << width << " wide";
  }
}

TEST(ReadSegment, GivesAHighBitDepthAsItWasWritten) {
  for (const int width : {2, 34, 321}) {
    const std::vector<Frame> frames = DeepRamps(5, width, 33);
    const SegmentFormat format{.codec = Codec::kFfv1, .width = width, .height = 33, .deep = true};
    EXPECT_EQ(Read(SegmentOf(format, frames), 5).value(), frames) << width << " wide";
  }
}

TEST(ReadSegment, SaysWhatIsWrong) {
  const std::vector<Frame> frames = MovingPicture(0, 3, 64, 48);
  const std::string segment = SegmentOf({Codec::kFfv1, 64, 48, 25, 1}, frames);
  EXPECT_THAT(MessageOf(Read(segment, 4)), HasSubstr("does not hold 4 frames"));
  EXPECT_THAT(MessageOf(Read(segment, 2)), HasSubstr("does not hold 2 frames"));
  EXPECT_THAT(MessageOf(Read(SegmentOf({Codec::kH264, 64, 48, 25, 1}, frames), 3)),
              HasSubstr("is not FFV1"));
  EXPECT_EQ(Read("no segment", 1).error().code(), ErrorCode::kDataLoss);
  const auto cut = Read(segment.substr(0, segment.size() / 2), 3);
  EXPECT_TRUE(!cut && cut.error().code() == ErrorCode::kDataLoss);
}

TEST(ReadSegment, StopsWhenItsReaderDoes) {
  const std::string segment = SegmentOf({Codec::kFfv1, 64, 48, 25, 1}, MovingPicture(0, 3, 64, 48));
  int taken = 0;
  const Status read = ReadSegment(segment, 3, [&](const Frame&) -> Status {
    ++taken;
    return Failure(ErrorCode::kCancelled, "enough");
  });
  EXPECT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace weft::media
