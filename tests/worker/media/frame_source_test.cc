#include "worker/media/frame_source.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/worker/media/failing_disk.h"
#include "tests/worker/media/scratch.h"
#include "worker/media/clip_index.h"

namespace weft::media {
namespace {

constexpr char kMoving[] = "-f lavfi -i testsrc2=size=96x64:rate=25 ";

// A way to make a clip, and what we expect of it.
struct Sample {
  const char* name;
  const char* options;
  std::uint32_t frame_count;
  bool seekable;  // By its packets alone.
};

void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.name;
}

const Sample kSamples[] = {
    {"b_frames.mp4", "-frames:v 90 -c:v libx264 -g 30 -bf 3 -pix_fmt yuv420p", 90, true},
    {"long_gop.mkv", "-frames:v 120 -c:v libx264 -g 1000 -bf 2 -pix_fmt yuv420p", 120, true},
    {"open_gop.mp4",
     "-frames:v 90 -c:v libx264 -x264-params "
     "open-gop=1:keyint=15:min-keyint=15:bframes=3:scenecut=0 "
     "-pix_fmt yuv420p",
     90, true},
    {"refresh.mp4",
     "-frames:v 80 -c:v libx264 -x264-params intra-refresh=1:keyint=20:bframes=0 -pix_fmt yuv420p",
     80, true},
    {"hevc_open_gop.mp4",
     "-frames:v 60 -c:v libx265 -x265-params log-level=none:open-gop=1:keyint=12:min-keyint=12 "
     "-tag:v hvc1 -pix_fmt yuv420p",
     60, true},
    {"vp9.webm", "-frames:v 40 -c:v libvpx-vp9 -g 10 -auto-alt-ref 1 -lag-in-frames 10 -cpu-used 8",
     40, true},
    {"vp8.webm", "-frames:v 40 -c:v libvpx -g 10 -auto-alt-ref 1 -lag-in-frames 10", 40, false},
    {"mpeg4.avi", "-frames:v 60 -c:v mpeg4 -bf 2 -g 12 -q:v 3", 60, false},
    {"program.mpg", "-frames:v 60 -c:v mpeg2video -bf 2 -g 12 -q:v 3", 60, false},
    {"transport.ts", "-frames:v 60 -c:v libx264 -g 15 -bf 3 -pix_fmt yuv420p", 60, false},
    {"raw.h264", "-frames:v 50 -c:v libx264 -g 15 -bf 3 -pix_fmt yuv420p", 50, false},
    {"variable.mp4",
     "-frames:v 40 -vf \"select='mod(n,3)+not(mod(n,5))'\" -vsync vfr -c:v libx264 -g 10 -pix_fmt "
     "yuv420p",
     40, true},
    {"variable.mkv",
     "-frames:v 40 -vf \"settb=1/1000,setpts='40*N+16*mod(N,3)'\" -vsync vfr -c:v libx264 -g 10 "
     "-pix_fmt "
     "yuv420p",
     40, true},
    {"late_start.mp4", "-frames:v 40 -c:v libx264 -g 10 -output_ts_offset 3.2 -pix_fmt yuv420p", 40,
     true},
    {"late_start.mkv", "-frames:v 40 -c:v libx264 -g 10 -output_ts_offset 3.2 -pix_fmt yuv420p", 40,
     true},
    {"ten_bit.mkv", "-frames:v 30 -c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le",
     30, true},
    {"lossless.mkv", "-frames:v 30 -c:v ffv1 -g 10 -pix_fmt bgr0", 30, true},
    {"fragments.mp4",
     "-frames:v 60 -c:v libx264 -g 20 -movflags frag_keyframe+empty_moov -pix_fmt yuv420p", 60,
     true},
};

// Every sample is made once for all tests.
class AnyClip : public ::testing::TestWithParam<Sample> {
 protected:
  static void SetUpTestSuite() { scratch_ = std::make_unique<Scratch>(); }
  static void TearDownTestSuite() { scratch_.reset(); }

  void SetUp() override {
    path_ = scratch_->Path(GetParam().name);
    if (!std::filesystem::exists(path_)) {
      scratch_->Make(GetParam().name, kMoving + std::string(GetParam().options));
    }
  }

  [[nodiscard]] std::unique_ptr<FrameSource> Open() const {
    auto clip = OpenClip(path_);
    EXPECT_TRUE(clip) << clip.error().message();
    return clip ? std::move(*clip) : nullptr;
  }

  static std::vector<Frame> ReadAll(FrameSource& clip) {
    std::vector<Frame> frames;
    for (std::uint32_t i = 0; i < clip.facts().frame_count; ++i) {
      auto frame = clip.Read(i);
      EXPECT_TRUE(frame) << frame.error().message();
      frames.push_back(frame ? std::move(*frame) : Frame{});
    }
    return frames;
  }

  // NOLINTNEXTLINE(readability-identifier-naming,cppcoreguidelines-avoid-non-const-global-variables)
  static std::unique_ptr<Scratch> scratch_;
  std::string path_;
};

// NOLINTNEXTLINE(readability-identifier-naming,cppcoreguidelines-avoid-non-const-global-variables)
std::unique_ptr<Scratch> AnyClip::scratch_;

TEST_P(AnyClip, HoldsTheFramesThatFfmpegShows) {
  const auto clip = Open();
  ASSERT_TRUE(clip);
  EXPECT_EQ(clip->facts().frame_count, GetParam().frame_count);
  EXPECT_EQ(clip->facts().width, 96);
  EXPECT_EQ(clip->facts().height, 64);
  EXPECT_EQ(clip->facts().bits, std::string(GetParam().name) == "ten_bit.mkv" ? 10 : 8);
  EXPECT_LT(LargestDifference(ReadAll(*clip), FramesByFfmpeg(path_, 96, 64, kLeftChroma)), 0.5);
}

TEST_P(AnyClip, GivesTheSameFrameInAnyOrder) {
  const auto clip = Open();
  ASSERT_TRUE(clip);
  const std::vector<Frame> frames = ReadAll(*clip);
  std::vector<std::uint32_t> order(frames.size());
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  order.resize(std::min<std::size_t>(order.size(), 25));
  // Other bytes in memory that nobody wrote.
  mallopt(M_PERTURB, 0x5A);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(Open()->Read(order[0]).value(), frames[order[0]]) << "in a clip just opened";
  mallopt(M_PERTURB, 0);  // NOLINT(concurrency-mt-unsafe)
  for (const std::uint32_t i : order) {
    const auto frame = clip->Read(i);
    ASSERT_TRUE(frame) << frame.error().message();
    EXPECT_EQ(*frame, frames[i]) << "frame " << i;
  }
}

TEST_P(AnyClip, KnowsWhenItsFramesAreShown) {
  const auto clip = Open();
  ASSERT_TRUE(clip);
  const std::vector<double>& seconds = clip->facts().seconds;
  const std::vector<double> shown = FrameTimes(path_);
  ASSERT_EQ(seconds.size(), GetParam().frame_count);
  if (std::string(GetParam().name) == "raw.h264") {
    return;  // Has no times that ffprobe could show.
  }
  ASSERT_GE(shown.size() + 1, seconds.size());  // ffprobe does not know some last ones.
  for (std::size_t i = 0; i < shown.size(); ++i) {
    EXPECT_NEAR(seconds[i], shown[i] - shown[0], 1e-3) << "frame " << i;
  }
  const bool variable = std::string(GetParam().name).rfind("variable", 0) == 0;
  EXPECT_EQ(clip->facts().variable_rate, variable);
}

TEST_P(AnyClip, IsIndexedByItsPacketsOnlyWhereTheyCanBeTrusted) {
  const auto index = IndexClip(path_);
  ASSERT_TRUE(index);
  EXPECT_EQ(index->seekable, GetParam().seekable);
}

TEST_P(AnyClip, NamesItsKeyFramesWhereTheyCanBeTrusted) {
  const auto clip = Open();
  ASSERT_TRUE(clip);
  const std::vector<std::uint32_t>& key_frames = clip->facts().key_frames;
  ASSERT_EQ(!key_frames.empty(), GetParam().seekable);
  if (!key_frames.empty()) {
    EXPECT_EQ(key_frames.front(), 0U);
    EXPECT_TRUE(std::is_sorted(key_frames.begin(), key_frames.end()));
    EXPECT_LT(key_frames.back(), GetParam().frame_count);
  }
}

std::string NameOf(const ::testing::TestParamInfo<Sample>& sample) {
  std::string name = sample.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Clips, AnyClip, ::testing::ValuesIn(kSamples), NameOf);

TEST(OpenClip, ShowsOddSizesAsTheyAre) {
  Scratch scratch;
  const std::string path = scratch.Make(
      "odd.mkv", "-f lavfi -i testsrc=size=321x177:rate=10 -frames:v 5 -c:v ffv1 -pix_fmt bgr0");
  const auto clip = OpenClip(path);
  ASSERT_TRUE(clip);
  const auto frame = (*clip)->Read(4);
  ASSERT_TRUE(frame);
  EXPECT_EQ(*frame, FramesByFfmpeg(path, 321, 177)[4]);
}

TEST(OpenClip, TurnsAsThePlayerDoes) {
  Scratch scratch;
  scratch.Make("plain.mp4",
               kMoving + std::string("-frames:v 3 -c:v libx264 -qp 0 -pix_fmt yuv444p"));
  for (const int degrees : {90, 180, 270}) {
    const std::string path = scratch.Make(
        "turned.mp4", "-i %/plain.mp4 -c copy -metadata:s:v:0 rotate=" + std::to_string(degrees));
    const auto clip = OpenClip(path);
    ASSERT_TRUE(clip);
    const int width = degrees == 180 ? 96 : 64;
    const int height = degrees == 180 ? 64 : 96;
    EXPECT_EQ((*clip)->facts().width, width);
    EXPECT_EQ((*clip)->facts().height, height);
    EXPECT_LT(
        LargestDifference({(*clip)->Read(0).value()}, {FramesByFfmpeg(path, width, height)[0]}),
        1.0)
        << degrees << " degrees";
    const Frame deep = (*clip)->ReadDeep(0).value();
    EXPECT_EQ(deep.deep.size(), deep.rgb.size());
    EXPECT_LT(LargestDifference({deep}, {(*clip)->Read(0).value()}), 0.5) << degrees << " degrees";
  }
}

TEST(OpenClip, MakesPixelsSquare) {
  Scratch scratch;
  const std::string wide = scratch.Make(
      "wide.mp4",
      kMoving + std::string("-vf setsar=4/3 -frames:v 3 -c:v libx264 -pix_fmt yuv420p"));
  const std::string tall = scratch.Make(
      "tall.mp4",
      kMoving + std::string("-vf setsar=1/2 -frames:v 3 -c:v libx264 -pix_fmt yuv420p"));
  EXPECT_EQ(OpenClip(wide).value()->facts().width, 128);
  EXPECT_EQ(OpenClip(wide).value()->Read(1).value().width, 128);
  EXPECT_EQ(OpenClip(tall).value()->facts().height, 128);
}

TEST(OpenClip, LeavesOutWhatTheEditListCutsOff) {
  Scratch scratch;
  scratch.Make("whole.mp4",
               kMoving + std::string("-frames:v 60 -c:v libx264 -g 50 -bf 2 -pix_fmt yuv420p"));
  // A copy from the middle of a group of pictures keeps its start, hidden by an edit list.
  const std::string cut = scratch.Make("cut.mp4", "-ss 0.8 -i %/whole.mp4 -c copy");
  const auto clip = OpenClip(cut);
  ASSERT_TRUE(clip);
  const std::vector<Frame> shown = FramesByFfmpeg(cut, 96, 64, kLeftChroma);
  ASSERT_EQ((*clip)->facts().frame_count, shown.size());
  ASSERT_LT(shown.size(), 45U);
  std::vector<Frame> frames;
  for (std::uint32_t i = 0; i < shown.size(); ++i) {
    frames.push_back((*clip)->Read(i).value());
  }
  EXPECT_LT(LargestDifference(frames, shown), 0.5);
}

TEST(OpenClip, HonoursColourMatrixAndRange) {
  Scratch scratch;
  for (const char* tags : {"bt709:out_range=tv", "bt601:out_range=tv", "bt709:out_range=pc"}) {
    const std::string options = std::string(
                                    "-f lavfi -i color=0xC03020:size=64x64:rate=5 -frames:v 1 -vf "
                                    "scale=out_color_matrix=") +
                                tags + ",format=yuv444p -c:v libx264 -qp 0 -colorspace " +
                                (std::string(tags).rfind("bt709", 0) == 0 ? "bt709" : "smpte170m");
    const std::string path = scratch.Make("colour.mp4", options);
    const auto clip = OpenClip(path);
    ASSERT_TRUE(clip) << clip.error().message();
    const Frame frame = (*clip)->Read(0).value();
    EXPECT_NEAR(frame.rgb[0], 0xC0, 2) << tags;
    EXPECT_NEAR(frame.rgb[1], 0x30, 2) << tags;
    EXPECT_NEAR(frame.rgb[2], 0x20, 2) << tags;
  }
}

// Grey of 10 bits, full range: level v is v / 1023 of white.
TEST(ReadDeep, GivesEveryBitOfTen) {
  Scratch scratch;
  const std::string ramp = scratch.Make(
      "ramp.mkv",
      "-f lavfi -i nullsrc=size=1024x2:rate=5,format=gray10le,geq=lum='X' -frames:v 2 -c:v ffv1");
  auto clip = OpenClip(ramp).value();
  const Frame frame = clip->ReadDeep(1).value();
  ASSERT_EQ(frame.deep.size(), 1024U * 2 * 3);
  for (std::size_t x = 0; x < 1024; ++x) {
    const double value = static_cast<double>(x) * 65535 / 1023;
    ASSERT_NEAR(frame.deep[3 * x], value, 70) << x;
    ASSERT_TRUE(x == 0 || frame.deep[3 * x] > frame.deep[3 * x - 3]) << x;
    ASSERT_EQ(frame.rgb[3 * x], RoundedTo8Bits(frame.deep[3 * x])) << x;
  }
  EXPECT_TRUE(clip->Read(1).value().deep.empty());
}

TEST(OpenClip, SaysWhetherThereIsAudio) {
  Scratch scratch;
  const std::string sound = scratch.Make(
      "sound.mp4", kMoving + std::string("-f lavfi -i sine=duration=1 -frames:v 10 -c:v libx264 "
                                         "-pix_fmt yuv420p -c:a aac"));
  const std::string silent = scratch.Make(
      "silent.mp4", kMoving + std::string("-frames:v 10 -c:v libx264 -pix_fmt yuv420p"));
  EXPECT_TRUE(OpenClip(sound).value()->facts().has_audio);
  EXPECT_FALSE(OpenClip(silent).value()->facts().has_audio);
}

TEST(Read, RefusesAFrameBehindTheLast) {
  Scratch scratch;
  const std::string path =
      scratch.Make("short.mp4", kMoving + std::string("-frames:v 4 -c:v libx264 -pix_fmt yuv420p"));
  const auto clip = OpenClip(path);
  ASSERT_TRUE(clip);
  const auto frame = (*clip)->Read(4);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE((*clip)->Read(3)) << "and goes on working";
}

TEST(Read, TriesAgainWhereADiskHasFailed) {
  constexpr std::uint32_t kFrames = 24;
  Scratch scratch;
  for (const char* name : {"sought.mkv", "counted.avi"}) {
    SCOPED_TRACE(name);
    const std::string path = scratch.Make(
        name,
        "-f lavfi -i testsrc2=size=320x240:rate=25 -vf noise=alls=40:allf=t -frames:v 24 "
        "-c:v mpeg4 -g 12 -q:v 3");
    const auto clip = OpenClip(path).value();
    std::uint32_t at = 0;
    Result<Frame> frame = clip->Read(at);
    ASSERT_TRUE(frame) << frame.error().message();
    ASSERT_EQ(FailReadsOf(path), 1U);
    while (frame && at + 1 < kFrames) {
      frame = clip->Read(++at);
    }
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(frame.error().message(), ::testing::HasSubstr(path));
    frame = clip->Read(at);
    ASSERT_TRUE(frame) << frame.error().message();
    EXPECT_EQ(*frame, OpenClip(path).value()->Read(at).value());
  }
}

}  // namespace
}  // namespace weft::media
