#include "worker/stages/job_clip.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/scratch.h"

namespace weft::worker {
namespace {

using ::testing::ElementsAre;

// Six frames of one grey.
std::string MakeGrey(const media::Scratch& scratch, const std::string& name, int level) {
  const std::string text = std::to_string(level);
  return scratch.Make(name, "-f lavfi -i \"color=size=16x8,format=rgb24,geq=r=" + text + ":g=" +
                                text + ":b=" + text + "\" -frames:v 6 -c:v ffv1 -pix_fmt bgr0");
}

int LevelOf(WarmClip& warm, const std::string& path) {
  const auto source = warm.Open(path);
  EXPECT_TRUE(source) << source.error().message();
  const auto frame = (*source)->Read(2);
  EXPECT_TRUE(frame) << frame.error().message();
  return frame->rgb.front();
}

TEST(WarmClip, KeepsAClipOpenAndNoticesThatItWasReplaced) {
  const media::Scratch scratch;
  const std::string clip = MakeGrey(scratch, "clip.mkv", 40);
  WarmClip warm;
  EXPECT_EQ(LevelOf(warm, clip), 40);
  const media::FrameSource* const first = *warm.Open(clip);
  EXPECT_EQ(*warm.Open(clip), first) << "kept as long as nothing changes";
  std::filesystem::rename(MakeGrey(scratch, "other.mkv", 200), clip);
  EXPECT_EQ(LevelOf(warm, clip), 200);
}

TEST(WarmClip, ForgetsAClipThatIsGone) {
  const media::Scratch scratch;
  const std::string clip = MakeGrey(scratch, "clip.mkv", 40);
  WarmClip warm;
  ASSERT_TRUE(warm.Open(clip));
  std::filesystem::remove(clip);
  EXPECT_FALSE(warm.Open(clip));
}

ClipPicture Picture(const std::string& path, std::uint32_t frame, bool stretched = false) {
  return {path, frame, 8, 8, stretched};
}

TEST(WarmClip, GivesPicturesAgain) {
  const media::Scratch scratch;
  const std::string clip = scratch.Make(
      "clip.mkv",
      "-f lavfi -i \"color=size=16x8,format=gray,geq=lum=8*X+40*(N+1)\" -frames:v 4 -c:v ffv1");
  WarmClip warm;
  const auto first = warm.Read(Picture(clip, 1));
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->width, 8);
  EXPECT_EQ(*warm.Read(Picture(clip, 1)), *first);
  EXPECT_NE(*warm.Read(Picture(clip, 2)), *first);
  EXPECT_NE(*warm.Read(Picture(clip, 1, true)), *first) << "stretched, not cut";
  EXPECT_EQ(*warm.Read(Picture(clip, 1)), *first);
  EXPECT_FALSE(warm.Read(Picture(clip, 4)));
}

TEST(WarmClip, KeepsThePicturesReadLastAsFarAsTheyFit) {
  const media::Scratch scratch;
  const std::string clip = MakeGrey(scratch, "clip.mkv", 40);
  constexpr std::size_t kPicture = std::size_t{3} * 8 * 8;
  WarmClip warm(2 * kPicture);
  for (const std::uint32_t frame : {0, 1, 0, 2}) {
    EXPECT_TRUE(warm.Read(Picture(clip, frame)));
  }
  EXPECT_TRUE(warm.Keeps(Picture(clip, 0)));
  EXPECT_FALSE(warm.Keeps(Picture(clip, 1)));
  EXPECT_TRUE(warm.Keeps(Picture(clip, 2)));
  WarmClip none(kPicture - 1);
  EXPECT_TRUE(none.Read(Picture(clip, 0)));
  EXPECT_FALSE(none.Keeps(Picture(clip, 0)));
}

TEST(WarmClip, ForgetsThePicturesOfAClipThatWasReplaced) {
  const media::Scratch scratch;
  const std::string clip = MakeGrey(scratch, "clip.mkv", 40);
  WarmClip warm;
  EXPECT_EQ(warm.Read(Picture(clip, 2))->rgb.front(), 40);
  std::filesystem::rename(MakeGrey(scratch, "other.mkv", 200), clip);
  EXPECT_EQ(warm.Read(Picture(clip, 2))->rgb.front(), 200);
}

class ReadGuidesTest : public ::testing::Test {
 protected:
  // Six frames of its own grey each: 20, 40, ...
  [[nodiscard]] std::string MakeSteps(const std::string& name,
                                      const std::string& size,
                                      int rate) const {
    return scratch_.Make(name, "-f lavfi -i \"color=size=" + size +
                                   ":rate=" + std::to_string(rate) +
                                   ",format=gray,geq=lum=20*(N+1)\" -frames:v 6 -c:v ffv1");
  }

  // The grey of each guide frame for the style's frames 1 to 4 of a job that begins at frame 1.
  std::vector<int> Levels(const std::string& style, const std::string& guide, bool align) {
    v1::JobSpec job;
    job.set_input_path(style);
    job.set_guide_path(guide);
    job.set_align_guide(align);
    v1::Clip clip;
    clip.set_first_frame(1);
    clip.set_frame_count(5);
    clip.mutable_size()->set_width(16);
    clip.mutable_size()->set_height(8);
    const auto frames = ReadGuides(job, clip, {0, 4}, warm_);
    EXPECT_TRUE(frames) << frames.error().message();
    std::vector<int> levels;
    for (const Frame& frame : frames.value_or(std::vector<Frame>())) {
      EXPECT_EQ(frame.width, 16);
      EXPECT_EQ(frame.height, 8);
      levels.push_back(frame.rgb.front());
    }
    return levels;
  }

  media::Scratch scratch_;
  WarmClip warm_;
};

TEST_F(ReadGuidesTest, GoByNumber) {
  const std::string style = MakeSteps("style.mkv", "16x8", 25);
  const std::string guide = MakeSteps("guide.mkv", "16x8", 25);
  EXPECT_THAT(Levels(style, guide, false), ElementsAre(40, 60, 80, 100));
}

TEST_F(ReadGuidesTest, GoByTimeAndAreScaledWhenAligned) {
  const std::string style = MakeSteps("style.mkv", "16x8", 50);
  const std::string guide = MakeSteps("guide.mkv", "32x16", 25);
  EXPECT_THAT(Levels(style, guide, true), ElementsAre(20, 40, 40, 60));
}

}  // namespace
}  // namespace weft::worker
