// The sound of joined files, as ffmpeg's own programs decode it.

#include "worker/media/audio_track.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/moving_picture.h"
#include "tests/worker/media/scratch.h"
#include "worker/media/frame_sink.h"

namespace weft::media {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kWidth = 64;
constexpr int kHeight = 48;
constexpr std::size_t kRate = 48000;  // Samples per second.
constexpr std::size_t kSampleBytes = 2;

class Sounds : public ::testing::Test {
 protected:
  // Two seconds at 25 frames/s; the sound is loud from its first sample on.
  // NOLINTNEXTLINE(modernize-use-nodiscard)
  std::string Make(const std::string& name, const std::string& sound) const {
    return scratch_.Make(name,
                         "-f lavfi -i testsrc2=size=64x48:rate=25 -f lavfi -i "
                         "\"aevalsrc='0.4*cos(2500*t)+0.2*cos(9000*t*t)':s=48000\" -t 2 "
                         "-strict experimental -c:v libx264 -pix_fmt yuv420p " +
                             sound);
  }

  // The clip's frames in new pictures, with its sound.
  [[nodiscard]] Status Join(const std::string& source,
                            FrameRange frames,
                            const std::string& output) const {
    const SegmentFormat format{Codec::kH264, kWidth, kHeight, 25, 1};
    return Assemble({.output_path = output,
                     .source_path = source,
                     .source_frames = frames,
                     .segments = SegmentsAtHand(SegmentsOf(
                         format, MovingPicture(frames.begin, frames.end, kWidth, kHeight), 25)),
                     .frame_count = frames.size()});
  }

  // Samples of 16 bits, from `begin` on.
  static std::string Heard(const std::string& path, std::size_t begin, std::size_t count) {
    const std::string all =
        OutputOf("ffmpeg -nostdin -v error -i '" + path + "' -map 0:a -ac 1 -f s16le -");
    return all.substr(begin * kSampleBytes, count * kSampleBytes);
  }

  Scratch scratch_;
};

// Of two sounds of equal length, in steps of 16 bits.
int LargestStep(const std::string& a, const std::string& b) {
  const auto sample = [](const std::string& sound, std::size_t at) {
    return static_cast<std::int16_t>(static_cast<unsigned char>(sound[at]) |
                                     static_cast<unsigned char>(sound[at + 1]) << 8);
  };
  int largest = 0;
  for (std::size_t at = 0; at + 1 < std::min(a.size(), b.size()); at += kSampleBytes) {
    largest = std::max(largest, std::abs(sample(a, at) - sample(b, at)));
  }
  return largest;
}

TEST_F(Sounds, OfAWholeClipAreTheSourcesFromTheFirstSampleOn) {
  // Of FFmpeg's AAC the packet before 0 ends at 0; of Opus, one reaches beyond it.
  for (const std::string codec : {"aac", "libopus", "libmp3lame"}) {
    SCOPED_TRACE(codec);
    const std::string source = Make("source.mp4", "-c:a " + codec);
    const std::string output = scratch_.Path("out.mp4");
    const Status done = Join(source, {0, 50}, output);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_TRUE(Heard(output, 0, kRate) == Heard(source, 0, kRate));
    const std::string packets = "-select_streams a:0 -read_intervals %+#4 -show_entries packet=pts";
    EXPECT_EQ(Probe(output, packets), Probe(source, packets));
    const std::string starts = "-show_entries stream=start_time";
    EXPECT_EQ(Probe(output, starts), Probe(source, starts)) << "of pictures and sound";
  }
}

TEST_F(Sounds, OfAPartAreTheSourcesFromItsFirstSampleOn) {
  const std::string source = Make("source.mp4", "-c:a aac");
  const std::string output = scratch_.Path("out.mp4");
  for (const std::uint32_t first : {5U, 16U, 20U}) {
    const Status done = Join(source, {first, first + 30}, output);
    ASSERT_TRUE(done) << done.error().message();
    // AAC's noise is drawn by the decoder, which begins to draw elsewhere.
    EXPECT_LE(LargestStep(Heard(output, 0, kRate), Heard(source, first * kRate / 25, kRate)), 8)
        << "frame " << first;
    EXPECT_THAT(Probe(output, "-show_entries stream=start_time"), Each("0.000000"));
  }
}

TEST_F(Sounds, ThatFfmpegCallsExperimentalGoIntoMp4) {
  for (const std::string codec : {"flac", "truehd"}) {
    SCOPED_TRACE(codec);
    const std::string source = Make("source.mkv", "-ac 2 -c:a " + codec);
    const std::string output = scratch_.Path("out.mp4");
    EXPECT_TRUE(CheckOutputFitsSource(output, source));
    const Status done = Join(source, {0, 50}, output);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_THAT(Probe(output, "-select_streams a:0 -show_entries stream=codec_name"),
                ElementsAre(codec));
    EXPECT_TRUE(Heard(output, 0, kRate) == Heard(source, 0, kRate));
  }
}

TEST_F(Sounds, ThatOnlyTheHeaderRefusesAreRefusedBeforeTheRender) {
  for (const std::string codec : {"flac", "truehd", "libopus"}) {
    SCOPED_TRACE(codec);
    const Status fits =
        CheckOutputFitsSource(scratch_.Path("out.mov"), Make("source.mkv", "-ac 2 -c:a " + codec));
    ASSERT_FALSE(fits);
    EXPECT_EQ(fits.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(fits.error().message(), HasSubstr(".mkv"));
  }
}

}  // namespace
}  // namespace weft::media
