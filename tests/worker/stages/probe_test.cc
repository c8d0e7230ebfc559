// Deflicker jobs: what the probe says of their clips. Renders are probed in tests/system.

#include "worker/stages/probe.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/scratch.h"

namespace weft::worker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ProbeTest : public ::testing::Test {
 protected:
  // `seconds` of moving colours, then as much of another picture; lossless.
  [[nodiscard]] std::string MakeTwoScenes(const std::string& name,
                                          const std::string& size,
                                          int rate,
                                          double seconds = 0.4) const {
    const std::string format =
        ":size=" + size + ":rate=" + std::to_string(rate) + ":duration=" + std::to_string(seconds);
    return scratch_.Make(
        name, "-f lavfi -i \"smptebars=" + format.substr(1) +
                  "\" -f lavfi -i \"mandelbrot=size=" + size + ":rate=" + std::to_string(rate) +
                  "\" -filter_complex \"[1]trim=duration=" + std::to_string(seconds) +
                  "[b];[0][b]concat,setsar=1\" -c:v ffv1 -pix_fmt yuv420p");
  }

  static v1::JobSpec Job(const std::string& style, const std::string& guide = "") {
    v1::JobSpec job;
    job.set_kind(v1::JOB_KIND_DEFLICKER);
    job.set_input_path(style);
    job.set_guide_path(guide);
    job.set_output_path("/out.mkv");
    job.set_lossless(true);
    return job;
  }

  static v1::Clip Probed(const v1::JobSpec& job) {
    const Result<v1::Clip> clip = ProbeClip(job);
    EXPECT_TRUE(clip) << clip.error().message();
    return clip.value_or(v1::Clip());
  }

  static std::string Complaint(const v1::JobSpec& job) {
    const Result<v1::Clip> clip = ProbeClip(job);
    EXPECT_FALSE(clip);
    if (clip) {
      return "nothing";
    }
    EXPECT_EQ(clip.error().code(), ErrorCode::kInvalidArgument);
    return clip.error().message();
  }

  media::Scratch scratch_;
};

TEST_F(ProbeTest, FindsSizesTimesAndScenesOfTheStyle) {
  const v1::Clip clip = Probed(Job(MakeTwoScenes("style.mkv", "63x37", 25)));
  EXPECT_EQ(clip.frame_count(), 20U);
  EXPECT_EQ(clip.size().width(), 63U);
  EXPECT_EQ(clip.padded_size().height(), 37U) << "no model asks for whole latents";
  EXPECT_EQ(clip.vae_factor(), 1U);
  EXPECT_EQ(clip.frame_rate().numerator(), 25);
  EXPECT_FALSE(clip.has_audio());
  EXPECT_THAT(clip.scene_starts(), ElementsAre(0, 10));
}

TEST_F(ProbeTest, CountsScenesFromTheFirstFrameOfTheJob) {
  v1::JobSpec job = Job(MakeTwoScenes("style.mkv", "64x36", 25));
  job.mutable_frames()->set_begin(4);
  job.mutable_frames()->set_end(15);
  const v1::Clip clip = Probed(job);
  EXPECT_EQ(clip.first_frame(), 4U);
  EXPECT_EQ(clip.frame_count(), 11U);
  EXPECT_THAT(clip.scene_starts(), ElementsAre(0, 6));
}

TEST_F(ProbeTest, TakesScenesFromTheGuide) {
  const std::string guide = MakeTwoScenes("guide.mkv", "64x36", 25);
  const std::string style = scratch_.Make(
      "style.mkv", "-f lavfi -i color=gray:size=64x36:rate=25 -frames:v 20 -c:v ffv1");
  EXPECT_THAT(Probed(Job(style)).scene_starts(), ElementsAre(0));
  EXPECT_THAT(Probed(Job(style, guide)).scene_starts(), ElementsAre(0, 10));
}

TEST_F(ProbeTest, TakesScenesFromAnAlignedGuideByTime) {
  const std::string style = MakeTwoScenes("style.mkv", "64x36", 25);
  v1::JobSpec job = Job(style, MakeTwoScenes("guide.mkv", "128x72", 50));
  EXPECT_THAT(Complaint(job),
              AllOf(HasSubstr("guide.mkv has 40 frames of 128x72 at 50 frames/s"),
                    HasSubstr("style.mkv has 20 frames of 64x36 at 25"), HasSubstr("--align")));
  job.set_align_guide(true);
  EXPECT_THAT(Probed(job).scene_starts(), ElementsAre(0, 10));
}

TEST_F(ProbeTest, ComparesSizesAsShown) {
  const std::string upright = MakeTwoScenes("upright.mkv", "36x64", 25);
  scratch_.Make("lying.mp4", "-i %/upright.mkv -vf transpose=clock -c:v libx264 -qp 0");
  const std::string turned =
      scratch_.Make("turned.mp4", "-i %/lying.mp4 -c copy -metadata:s:v:0 rotate=90");
  EXPECT_EQ(Probed(Job(turned, upright)).size().width(), 36U);
}

TEST_F(ProbeTest, OneFrameIsAClip) {
  const std::string one =
      scratch_.Make("one.mkv", "-f lavfi -i testsrc2=size=64x36 -frames:v 1 -c:v ffv1");
  EXPECT_EQ(Probed(Job(one)).frame_count(), 1U);
  EXPECT_EQ(Probed(Job(one, one)).frame_count(), 1U);
}

TEST_F(ProbeTest, RefusesTransparencyInEitherClip) {
  const std::string clip = MakeTwoScenes("clip.mkv", "64x36", 25);
  const std::string alpha = scratch_.Make("alpha.mkv", "-i %/clip.mkv -c:v ffv1 -pix_fmt yuva420p");
  EXPECT_THAT(Complaint(Job(alpha)), AllOf(HasSubstr("alpha.mkv"), HasSubstr("transparency")));
  EXPECT_THAT(Complaint(Job(clip, alpha)),
              AllOf(HasSubstr("alpha.mkv"), HasSubstr("transparency")));
}

TEST_F(ProbeTest, RefusesOddSizesForH264WithoutOfferingASize) {
  v1::JobSpec job = Job(MakeTwoScenes("style.mkv", "63x37", 25));
  job.set_lossless(false);
  EXPECT_THAT(Complaint(job),
              AllOf(HasSubstr("63x37"), HasSubstr("--lossless"), Not(HasSubstr("--size"))));
}

TEST_F(ProbeTest, FindsADamagedFrameOfTheStyleAlsoBesideAGuide) {
  const std::string whole =
      scratch_.Make("whole.mp4",
                    "-f lavfi -i testsrc2=size=64x36:rate=25 -frames:v 200 -c:v libx264 -g 10 "
                    "-bf 0 -movflags +faststart");
  std::string bytes = media::BytesOf(whole);
  const auto middle = static_cast<std::ptrdiff_t>(bytes.size() / 2);
  std::fill_n(bytes.begin() + middle, 400, '\0');
  const std::string style = scratch_.Write("damaged.mp4", bytes);
  EXPECT_THAT(Complaint(Job(style, whole)), AllOf(HasSubstr("damaged.mp4"), HasSubstr("frame ")));
  EXPECT_THAT(Complaint(Job(style)), HasSubstr("damaged.mp4"));
}

TEST_F(ProbeTest, RefusesWhatBreaksOffUnlessItTakesAPart) {
  for (const std::string name : {"cut.mp4", "cut.mkv"}) {
    SCOPED_TRACE(name);
    const std::string whole =
        scratch_.Make("whole-" + name,
                      "-f lavfi -i testsrc2=size=64x36:rate=25 -frames:v 100 -c:v libx264 -g 10 "
                      "-bf 0 -movflags +faststart");
    const std::string bytes = media::BytesOf(whole);
    const std::string cut = scratch_.Write(name, bytes.substr(0, bytes.size() * 6 / 10));
    const auto cut_off = AllOf(HasSubstr(name), HasSubstr("cut off"), HasSubstr("has 100 frames"),
                               HasSubstr("--frames 0:"));
    EXPECT_THAT(Complaint(Job(cut)), cut_off);
    EXPECT_THAT(Complaint(Job(whole, cut)), cut_off) << "as a guide";
    v1::JobSpec part = Job(cut);
    part.mutable_frames()->set_end(20);
    EXPECT_TRUE(ProbeClip(part));
  }
}

}  // namespace
}  // namespace weft::worker
