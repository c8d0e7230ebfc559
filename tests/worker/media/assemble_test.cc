// Assemble, CheckOutput and CheckOutputFitsSource of worker/media/frame_sink.h; the files that come
// out are read back by ffmpeg's own programs.

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/failing_disk.h"
#include "tests/worker/media/moving_picture.h"
#include "tests/worker/media/scratch.h"
#include "worker/media/frame_sink.h"
#include "worker/media/frame_source.h"

namespace weft::media {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kWidth = 64;
constexpr int kHeight = 48;
constexpr char kMoving[] = "-f lavfi -i testsrc2=size=64x48:rate=25 ";
constexpr char kH264[] = "-c:v libx264 -pix_fmt yuv420p ";

class Assembling : public ::testing::Test {
 protected:
  // A job over `frames` of the source, in segments of `length`.
  Assembly Job(const std::string& source, FrameRange frames, Codec codec, std::size_t length) {
    return {scratch_.Path(codec == Codec::kH264 ? "out.mp4" : "out.mkv"), source, frames,
            SegmentsAtHand(Parts(source, frames, codec, length)), frames.size()};
  }

  static std::vector<std::string> Parts(const std::string& source,
                                        FrameRange frames,
                                        Codec codec,
                                        std::size_t length) {
    const ClipFacts facts = OpenClip(source).value()->facts();
    const SegmentFormat format{codec, kWidth, kHeight, facts.rate_numerator,
                               facts.rate_denominator};
    return SegmentsOf(format, MovingPicture(frames.begin, frames.end, kWidth, kHeight), length);
  }

  std::string Plain(const std::string& name, const std::string& options) {
    return scratch_.Make(name, kMoving + options);
  }

  void ExpectTimes(const std::string& path, const std::vector<double>& expected) {
    const std::vector<double> times = FrameTimes(path);
    ASSERT_EQ(times.size(), expected.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      EXPECT_NEAR(times[i], expected[i], 1.1e-3) << "frame " << i;
    }
  }

  // From 0 on: what lies before is decoded, and neither shown nor heard.
  static double DurationOf(const std::string& path, const std::string& stream) {
    double first = 1e9;
    double last = -1e9;
    const auto starts = Probe(path, "-select_streams " + stream + " -show_entries packet=pts_time");
    const auto lengths =
        Probe(path, "-select_streams " + stream + " -show_entries packet=duration_time");
    for (std::size_t i = 0; i < starts.size(); ++i) {
      first = std::min(first, std::stod(starts[i]));
      last = std::max(last, std::stod(starts[i]) + std::stod(lengths[i]));
    }
    return last - std::max(first, 0.0);
  }

  void ExpectNothingLeft(const std::string& output) {
    EXPECT_FALSE(std::filesystem::exists(output));
    EXPECT_THAT(scratch_.Names(), Not(Contains(HasSubstr("partial"))));
  }

  Scratch scratch_;
};

TEST_F(Assembling, GivesConstantRateFramesTheirExactTimes) {
  const std::string source =
      scratch_.Make("source.mp4", "-f lavfi -i testsrc2=size=64x48:rate=30000/1001 -frames:v 50 " +
                                      std::string(kH264));
  for (const char* name : {"out.mp4", "out.mov", "out.mkv"}) {
    Assembly job = Job(source, {0, 50}, Codec::kH264, 13);
    job.output_path = scratch_.Path(name);
    const Status done = Assemble(job);
    ASSERT_TRUE(done) << done.error().message();
    std::vector<double> expected(50);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] = static_cast<double>(i) * 1001 / 30000.0;
    }
    ExpectTimes(job.output_path, expected);
    EXPECT_NEAR(DurationOf(job.output_path, "v:0"), 50 * 1001 / 30000.0, 2e-3) << name;
    EXPECT_THAT(Probe(job.output_path, "-select_streams v:0 -show_entries stream=avg_frame_rate"),
                ElementsAre("30000/1001"));
    EXPECT_NEAR(std::stod(Probe(job.output_path, "-show_entries format=duration")[0]),
                50 * 1001 / 30000.0, 3e-3)
        << name;
  }
}

TEST_F(Assembling, DecodesEachPacketBeforeItIsShownAndAfterTheOneBefore) {
  const std::string source = Plain("source.mp4", "-frames:v 40 " + std::string(kH264));
  const Assembly job = Job(source, {0, 40}, Codec::kH264, 12);
  ASSERT_TRUE(Assemble(job));
  const auto dts = Probe(job.output_path, "-select_streams v:0 -show_entries packet=dts");
  const auto pts = Probe(job.output_path, "-select_streams v:0 -show_entries packet=pts");
  ASSERT_EQ(dts.size(), 40U);
  for (std::size_t i = 0; i < dts.size(); ++i) {
    EXPECT_LE(std::stol(dts[i]), std::stol(pts[i]));
    if (i > 0) {
      EXPECT_LT(std::stol(dts[i - 1]), std::stol(dts[i]));
    }
  }
}

TEST_F(Assembling, ShowsTheFramesOfTheSegmentsInOrder) {
  const std::string source = Plain("source.mp4", "-frames:v 60 " + std::string(kH264));
  const Assembly job = Job(source, {10, 50}, Codec::kH264, 9);
  ASSERT_TRUE(Assemble(job));
  EXPECT_LT(LargestDifference(FramesByFfmpeg(job.output_path, kWidth, kHeight, kLeftChroma),
                              MovingPicture(10, 50, kWidth, kHeight)),
            4.0);
}

TEST_F(Assembling, GivesTheSameLosslessFramesForAnyCut) {
  const std::string source = Plain("source.mp4", "-frames:v 40 " + std::string(kH264));
  const std::vector<Frame> frames = MovingPicture(0, 40, kWidth, kHeight);
  for (const std::size_t length : {8U, 24U, 40U}) {
    const Assembly job = Job(source, {0, 40}, Codec::kFfv1, length);
    ASSERT_TRUE(Assemble(job));
    EXPECT_EQ(FramesByFfmpeg(job.output_path, kWidth, kHeight), frames) << "segments of " << length;
  }
}

TEST_F(Assembling, GivesTheSameBytesAgain) {
  const std::string source = Plain("source.mp4", "-frames:v 20 " + std::string(kH264));
  for (const Codec codec : {Codec::kH264, Codec::kFfv1}) {
    const Assembly job = Job(source, {0, 20}, codec, 8);
    ASSERT_TRUE(Assemble(job));
    const std::string first = BytesOf(job.output_path);
    ASSERT_TRUE(Assemble(job)) << "over the file that is there";
    EXPECT_EQ(BytesOf(job.output_path), first);
  }
}

TEST_F(Assembling, KeepsAVariableFrameRate) {
  const std::string source = Plain("source.mkv",
                                   "-vf \"settb=1/1000,setpts='40*N+16*mod(N,3)+900*gte(N,20)'\" "
                                   "-vsync vfr -frames:v 40 " +
                                       std::string(kH264));
  const std::vector<double> shown = FrameTimes(source);
  for (const char* name : {"out.mp4", "out.mkv"}) {
    Assembly job = Job(source, {5, 35}, Codec::kH264, 10);
    job.output_path = scratch_.Path(name);
    const Status done = Assemble(job);
    ASSERT_TRUE(done) << done.error().message();
    std::vector<double> expected;
    for (std::size_t i = 5; i < 35; ++i) {
      expected.push_back(shown[i] - shown[5]);
    }
    ExpectTimes(job.output_path, expected);
    EXPECT_NEAR(std::stod(Probe(job.output_path, "-show_entries format=duration")[0]),
                shown[35] - shown[5], 2e-3)
        << name;
  }
}

TEST_F(Assembling, HandlesASingleFrame) {
  const std::string source = Plain("source.mp4", "-frames:v 5 " + std::string(kH264));
  for (const Codec codec : {Codec::kH264, Codec::kFfv1}) {
    const Assembly job = Job(source, {2, 3}, codec, 1);
    const Status done = Assemble(job);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(FrameTimes(job.output_path).size(), 1U);
  }
}

TEST_F(Assembling, CopiesTheAudioOfTheSameSpan) {
  // Silence, with one click at 1.2 s.
  const std::string source = scratch_.Make(
      "source.mp4",
      kMoving +
          std::string("-f lavfi -i "
                      "\"aevalsrc='0.9*between(t,1.2,1.21)*sin(6000*t)':s=48000:d=4\" "
                      "-t 4 -metadata title=Harbour -c:a aac ") +
          kH264);
  for (const char* name : {"out.mp4", "out.mkv"}) {
    Assembly job = Job(source, {20, 80}, Codec::kH264, 25);
    job.output_path = scratch_.Path(name);
    const Status done = Assemble(job);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_NEAR(DurationOf(job.output_path, "a:0"), 60 / 25.0, 0.05) << name;
    EXPECT_THAT(Probe(job.output_path, "-show_entries format_tags=title"), ElementsAre("Harbour"));
    // Frame 20 is at 0.8 s, so the click is at 0.4 s.
    const std::string sound = OutputOf("ffmpeg -nostdin -v error -i '" + job.output_path +
                                       "' -map 0:a -af aresample=48000:async=1:first_pts=0 -ac 1 "
                                       "-f s16le -");
    std::size_t click = 0;
    while (2 * click + 1 < sound.size() &&
           std::abs(static_cast<std::int16_t>(static_cast<unsigned char>(sound[2 * click]) |
                                              static_cast<unsigned char>(sound[2 * click + 1])
                                                  << 8)) < 8000) {
      ++click;
    }
    EXPECT_NEAR(static_cast<double>(click) / 48000, 0.4, 0.004) << name;
  }
}

TEST_F(Assembling, KeepsAWholeClipsAudioInStep) {
  const std::string source = scratch_.Make(
      "source.mkv",
      kMoving + std::string("-f lavfi -i sine=frequency=440 -t 2 -c:a libopus ") + kH264);
  Assembly job = Job(source, {0, 50}, Codec::kFfv1, 25);
  const Status done = Assemble(job);
  ASSERT_TRUE(done) << done.error().message();
  const double moved = FrameTimes(source)[0];  // FFmpeg moved it to make room for Opus's lead-in.
  EXPECT_DOUBLE_EQ(FrameTimes(job.output_path)[0], 0);
  const auto sounds = Probe(source, "-select_streams a:0 -show_entries packet=pts_time");
  const auto copies = Probe(job.output_path, "-select_streams a:0 -show_entries packet=pts_time");
  ASSERT_GE(copies.size() + 1, sounds.size()) << "all but what would come before the first frame";
  for (std::size_t i = 1; i <= std::min(copies.size(), sounds.size()); ++i) {
    EXPECT_NEAR(std::stod(copies[copies.size() - i]), std::stod(sounds[sounds.size() - i]) - moved,
                1.5e-3);
  }
}

// Goal: no file without its sound. Method: the source fails once its sound begins to be copied.
TEST_F(Assembling, DoesNotTakeADiskThatFailsForTheEndOfTheSound) {
  const std::string source = Plain(
      "source.mp4", "-f lavfi -i anoisesrc=r=48000 -t 10 -c:a aac -b:a 256k " + std::string(kH264));
  const std::vector<std::string> parts = Parts(source, {0, 250}, Codec::kH264, 125);
  Assembly job = Job(source, {0, 250}, Codec::kH264, 125);
  std::size_t read_count = 0;
  job.segments.read = [&](std::uint32_t number) -> Result<std::string> {
    if (read_count++ == parts.size()) {  // All are read once before anything is written.
      EXPECT_EQ(FailReadsOf(source), 1U);
    }
    return parts.at(number);
  };
  const Status done = Assemble(job);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kUnavailable) << "so that it is tried again";
  EXPECT_THAT(done.error().message(), HasSubstr("cannot read " + source));
  EXPECT_THAT(done.error().message(), HasSubstr("Input/output error"));
  ExpectNothingLeft(job.output_path);
}

TEST_F(Assembling, NamesAudioThatTheContainerCannotHold) {
  const std::string source = scratch_.Make(
      "source.mkv", kMoving + std::string("-f lavfi -i sine -t 1 -c:a pcm_s16le ") + kH264);
  Assembly job = Job(source, {0, 25}, Codec::kH264, 25);
  const Status done = Assemble(job);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(done.error().message(), HasSubstr("pcm_s16le"));
  EXPECT_THAT(done.error().message(), HasSubstr(".mkv"));
  ExpectNothingLeft(job.output_path);
  EXPECT_EQ(CheckOutputFitsSource(job.output_path, source).error().message(),
            done.error().message())
      << "and it can be known before the render";
  job.output_path = scratch_.Path("out.mkv");
  EXPECT_TRUE(Assemble(job));
}

// Goal: a file's length does not decide what memory its joining takes. Method: who reads what when.
TEST_F(Assembling, ReadsOneSegmentAfterTheOtherTwice) {
  const std::string source = Plain("source.mp4", "-frames:v 40 " + std::string(kH264));
  const std::vector<std::string> parts = Parts(source, {0, 40}, Codec::kH264, 10);
  std::vector<std::uint32_t> read;
  Assembly job = Job(source, {0, 40}, Codec::kH264, 10);
  job.segments.read = [&](std::uint32_t number) -> Result<std::string> {
    read.push_back(number);
    return parts.at(number);
  };
  EXPECT_TRUE(Assemble(job));
  EXPECT_EQ(read, (std::vector<std::uint32_t>{0, 1, 2, 3, 0, 1, 2, 3}));

  job.output_path = scratch_.Path("other.mp4");
  job.segments.read = [&](std::uint32_t number) -> Result<std::string> {
    read.push_back(number);
    return read.size() < 15 ? Result<std::string>(parts.at(number))
                            : Failure(ErrorCode::kUnavailable, "the store is away");
  };
  EXPECT_EQ(Assemble(job).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(read.size(), 15U) << "in the second reading";
  ExpectNothingLeft(job.output_path);
}

TEST_F(Assembling, RefusesSegmentsThatDoNotAddUp) {
  const std::string source = Plain("source.mp4", "-frames:v 40 " + std::string(kH264));
  using Strings = std::vector<std::string>;
  Strings missing = Parts(source, {0, 40}, Codec::kH264, 10);
  missing.pop_back();
  Strings cut = Parts(source, {0, 40}, Codec::kH264, 10);
  cut[2].resize(cut[2].size() / 2);
  Strings mixed = Parts(source, {0, 40}, Codec::kH264, 10);
  mixed[3] = SegmentOf({Codec::kH264, kWidth, kHeight + 2, 25, 1},
                       MovingPicture(0, 10, kWidth, kHeight + 2));
  const Strings nonsense = {"not a segment"};
  Assembly job = Job(source, {0, 40}, Codec::kH264, 10);
  for (const Strings& segments : {missing, cut, mixed, nonsense}) {
    job.segments = SegmentsAtHand(segments);
    const Status done = Assemble(job);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::kDataLoss) << done.error().message();
    EXPECT_THAT(done.error().message(), HasSubstr("segment"));
    ExpectNothingLeft(job.output_path);
  }
}

TEST_F(Assembling, RefusesFramesThatTheSourceDoesNotHave) {
  const std::string source = Plain("source.mp4", "-frames:v 10 " + std::string(kH264));
  EXPECT_EQ(Assemble(Job(source, {0, 11}, Codec::kH264, 11)).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(Assembling, NeverReplacesItsSource) {
  const std::string source = Plain("source.mp4", "-frames:v 10 " + std::string(kH264));
  const std::string before = BytesOf(source);
  Assembly job = Job(source, {0, 10}, Codec::kH264, 10);
  job.output_path = source;
  EXPECT_EQ(Assemble(job).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CheckOutputFitsSource(source, source).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(BytesOf(source), before);
}

TEST_F(Assembling, RefusesLosslessVideoInMp4) {
  const std::string source = Plain("source.mp4", "-frames:v 4 " + std::string(kH264));
  Assembly job = Job(source, {0, 4}, Codec::kFfv1, 4);
  job.output_path = scratch_.Path("out.mp4");
  EXPECT_EQ(Assemble(job).error().code(), ErrorCode::kInvalidArgument);
  ExpectNothingLeft(job.output_path);
}

TEST_F(Assembling, SaysWhatIsWrongWithAnOutputBeforehand) {
  EXPECT_TRUE(CheckOutput(scratch_.Path("out.MP4"), Codec::kH264));
  EXPECT_TRUE(CheckOutput(scratch_.Path("out.mkv"), Codec::kFfv1));
  EXPECT_THAT(scratch_.Names(), ElementsAre()) << "a check leaves nothing behind";

  const Status lossless = CheckOutput(scratch_.Path("out.mp4"), Codec::kFfv1);
  EXPECT_EQ(lossless.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(lossless.error().message(), HasSubstr(".mkv"));
  EXPECT_EQ(CheckOutput(scratch_.Path("out.gif"), Codec::kH264).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CheckOutput(scratch_.Path("out"), Codec::kH264).error().code(),
            ErrorCode::kInvalidArgument);
  const Status nowhere = CheckOutput(scratch_.Path("none/out.mp4"), Codec::kH264);
  EXPECT_EQ(nowhere.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(nowhere.error().message(), HasSubstr(scratch_.Path("none")));
  std::filesystem::create_directory(scratch_.Path("folder.mp4"));
  EXPECT_EQ(CheckOutput(scratch_.Path("folder.mp4"), Codec::kH264).error().code(),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::media
