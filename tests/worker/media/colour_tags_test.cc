// What joined files say of their colours, as ffmpeg's own programs read it.

#include "worker/media/colour_tags.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/moving_picture.h"
#include "tests/worker/media/scratch.h"
#include "worker/media/frame_sink.h"

namespace weft::media {
namespace {

using ::testing::_;
using ::testing::ElementsAre;

constexpr int kWidth = 64;
constexpr int kHeight = 48;
constexpr std::uint32_t kFrames = 20;
constexpr char kHdr[] = "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc";

class Colours : public ::testing::Test {
 protected:
  // NOLINTNEXTLINE(modernize-use-nodiscard)
  std::string Make(const std::string& name, const std::string& tags) const {
    return scratch_.Make(name,
                         "-f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 20 -c:v libx264 "
                         "-pix_fmt yuv420p10le " +
                             tags);
  }

  // The same frames in two segments, whatever the source shows. Returns the file.
  [[nodiscard]] std::string Join(const std::string& source,
                                 const std::string& name,
                                 SegmentFormat format = {}) const {
    format.width = kWidth;
    format.height = kHeight;
    const std::vector<Frame> frames = format.deep ? DeepRamps(kFrames, kWidth, kHeight)
                                                  : MovingPicture(0, kFrames, kWidth, kHeight);
    Assembly job{.output_path = scratch_.Path(name),
                 .source_path = source,
                 .source_frames = {0, kFrames},
                 .segments = SegmentsAtHand(SegmentsOf(format, frames, 12)),
                 .frame_count = kFrames,
                 .source_colours = source_colours_};
    const Status done = Assemble(job);
    EXPECT_TRUE(done) << done.error().message();
    return job.output_path;
  }

  // Matrix, transfer characteristic and primaries, in this order.
  static std::vector<std::string> Tags(const std::string& path) {
    return Probe(path,
                 "-select_streams v:0 -show_entries "
                 "stream=color_space,color_transfer,color_primaries");
  }

  Scratch scratch_;
  bool source_colours_ = true;
};

TEST_F(Colours, OfAnHdrSourceStayInTheContainerAndInTheStream) {
  const std::string source = Make("hdr.mp4", kHdr);
  const auto expected = ElementsAre("bt709", "smpte2084", "bt2020");
  for (const bool deep : {false, true}) {
    for (const char* name : {"out.mp4", "out.mov", "out.mkv"}) {
      SCOPED_TRACE(name);
      const std::string output = Join(source, name, {.deep = deep});
      EXPECT_THAT(Tags(output), expected);
      const std::string stream = "-i %/" + std::string(name) + " -c copy -bsf:v h264_mp4toannexb";
      EXPECT_THAT(Tags(scratch_.Make("stream.h264", stream)), expected);
    }
  }
}

TEST_F(Colours, ChangeNoValueOfTheFrames) {
  const std::string plain = Join(Make("plain.mp4", ""), "plain-out.mp4");
  const std::string tagged = Join(Make("hdr.mp4", kHdr), "hdr-out.mp4");
  const std::string values = "' -f framemd5 -";
  EXPECT_EQ(OutputOf("ffmpeg -nostdin -v error -i '" + tagged + values),
            OutputOf("ffmpeg -nostdin -v error -i '" + plain + values));
}

TEST_F(Colours, OfALosslessFileStayInTheContainer) {
  const std::string source = Make("hdr.mp4", kHdr);
  const SegmentFormat lossless{.codec = Codec::kFfv1};
  EXPECT_THAT(Tags(Join(source, "out.mkv", lossless)), ElementsAre(_, "smpte2084", "bt2020"));
}

TEST_F(Colours, ThatTheSourceLeavesOpenAreBt709) {
  EXPECT_THAT(Tags(Join(Make("plain.mp4", ""), "out.mp4")), ElementsAre("bt709", "bt709", "bt709"));
  EXPECT_THAT(Tags(Join(Make("half.mkv", "-color_primaries bt2020"), "out.mp4")),
              ElementsAre("bt709", "bt709", "bt2020"));
}

TEST_F(Colours, OfBt709GiveTheBytesThatNoneGive) {
  const std::string plain = Make("plain.mp4", "");
  const std::string hd =
      Make("hd.mp4", "-color_primaries bt709 -color_trc bt709 -colorspace bt709");
  for (const Codec codec : {Codec::kH264, Codec::kFfv1}) {
    EXPECT_TRUE(BytesOf(Join(hd, "hd-out.mkv", {.codec = codec})) ==
                BytesOf(Join(plain, "plain-out.mkv", {.codec = codec})));
  }
}

TEST_F(Colours, OfTheSourceDoNotCountForFramesFromElsewhere) {
  source_colours_ = false;
  EXPECT_THAT(Tags(Join(Make("hdr.mp4", kHdr), "out.mp4")), ElementsAre("bt709", "bt709", "bt709"));
}

TEST(TagsOf, LeavesOutWhatHasNoMeaning) {
  const FramePtr frame = NewFrame();
  frame->color_primaries = AVCOL_PRI_RESERVED;
  frame->color_trc = AVCOL_TRC_NB;
  EXPECT_EQ(TagsOf(*frame).primaries, AVCOL_PRI_UNSPECIFIED);
  EXPECT_EQ(TagsOf(*frame).transfer, AVCOL_TRC_UNSPECIFIED);
}

}  // namespace
}  // namespace weft::media
