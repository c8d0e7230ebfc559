#include "worker/stages/job_clip.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/worker/media/scratch.h"

namespace weft::worker {
namespace {

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

}  // namespace
}  // namespace weft::worker
