#include "tests/benchmarks/clip_frames.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"
#include "tests/worker/eval/test_pan.h"

namespace weft::bench {
namespace {

// Two pictures one after the other, which ffmpeg takes for a clip.
void WriteClip(const std::string& path, const std::vector<Frame>& frames) {
  std::ofstream file(path, std::ios::binary);
  for (const Frame& frame : frames) {
    file << "P6\n" << frame.width << " " << frame.height << "\n255\n";
    file.write(reinterpret_cast<const char*>(frame.rgb.data()),
               static_cast<std::streamsize>(frame.rgb.size()));
  }
}

TEST(ClipFrames, AreAllThereAsTheyWereStored) {
  const TemporaryFolder folder;
  const std::vector<Frame> stored = {eval::PanFrame(20, 14, 0, 0), eval::PanFrame(20, 14, 3, 1)};
  // A name that a shell would take apart.
  const std::string path = folder.File("a clip; of 'two'.ppm");
  WriteClip(path, stored);
  const auto frames = ReadClipFrames(path);
  ASSERT_TRUE(frames) << frames.error().message();
  EXPECT_EQ(*frames, stored);
}

TEST(ClipFrames, OfWhatIsNoClipAreAnError) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("words.mkv")) << "no clip";
  for (const char* const name : {"words.mkv", "none.mkv"}) {
    const auto frames = ReadClipFrames(folder.File(name));
    ASSERT_FALSE(frames) << name;
    EXPECT_EQ(frames.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace weft::bench
