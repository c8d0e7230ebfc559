// Clips that are damaged or none at all: each is read as far as it goes, or refused in clear words.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/worker/media/scratch.h"
#include "worker/media/clip_index.h"
#include "worker/media/frame_source.h"

namespace weft::media {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kMoving[] = "-f lavfi -i testsrc2=size=96x64:rate=25 ";
constexpr char kH264[] = "-c:v libx264 -pix_fmt yuv420p ";

class BadClip : public ::testing::Test {
 protected:
  static void ExpectRefused(const std::string& path, ErrorCode code, const std::string& words) {
    const auto clip = OpenClip(path);
    ASSERT_FALSE(clip);
    EXPECT_EQ(clip.error().code(), code) << clip.error().message();
    EXPECT_THAT(clip.error().message(), AllOf(HasSubstr(path), HasSubstr(words)));
  }

  // All frames that it claims to have can be read.
  static std::uint32_t CountReadable(const std::string& path) {
    const auto clip = OpenClip(path);
    EXPECT_TRUE(clip) << clip.error().message();
    if (!clip) {
      return 0;
    }
    for (std::uint32_t i = 0; i < (*clip)->facts().frame_count; ++i) {
      const auto frame = (*clip)->Read(i);
      EXPECT_TRUE(frame) << frame.error().message();
    }
    return (*clip)->facts().frame_count;
  }

  Scratch scratch_;
};

TEST_F(BadClip, IsMissing) {
  ExpectRefused(scratch_.Path("none.mp4"), ErrorCode::kNotFound, "No such file");
}

TEST_F(BadClip, IsNotReadable) {
  if (geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  const std::string path = scratch_.Write("closed.mp4", "secret");
  chmod(path.c_str(), 0);
  ExpectRefused(path, ErrorCode::kPermissionDenied, "Permission denied");
}

TEST_F(BadClip, IsAFolder) {
  ExpectRefused(scratch_.Path(""), ErrorCode::kInvalidArgument, "not a regular file");
}

TEST_F(BadClip, IsEmpty) {
  ExpectRefused(scratch_.Write("empty.mp4", ""), ErrorCode::kInvalidArgument, "is empty");
}

TEST_F(BadClip, IsText) {
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += "The quick brown fox jumps over the lazy dog.\n";
  }
  ExpectRefused(scratch_.Write("notes.txt", text), ErrorCode::kInvalidArgument, "not a video");
  ExpectRefused(scratch_.Write("notes.mp4", text), ErrorCode::kInvalidArgument, "not a video");
}

TEST_F(BadClip, IsAPlaylistOfOtherFiles) {
  scratch_.Make("real.ts", kMoving + std::string("-frames:v 5 ") + kH264);
  ExpectRefused(scratch_.Write("list.m3u8",
                               "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nreal.ts\n"
                               "#EXT-X-ENDLIST\n"),
                ErrorCode::kInvalidArgument, "not a video");
  ExpectRefused(scratch_.Write("list.txt", "ffconcat version 1.0\nfile real.ts\n"),
                ErrorCode::kInvalidArgument, "not a video");
}

TEST_F(BadClip, HasOnlyAudio) {
  const std::string sound = scratch_.Make("sound.mp4", "-f lavfi -i sine=duration=1 -c:a aac");
  ExpectRefused(sound, ErrorCode::kInvalidArgument, "no video stream");
}

TEST_F(BadClip, HasACoverPictureButNoVideo) {
  scratch_.Make("cover.png", "-f lavfi -i testsrc2=size=64x64 -frames:v 1");
  const std::string song =
      scratch_.Make("song.mp3",
                    "-f lavfi -i sine=duration=1 -i %/cover.png -map 0 -map 1 -c:v copy "
                    "-disposition:v attached_pic");
  ExpectRefused(song, ErrorCode::kInvalidArgument, "no video stream");
}

TEST_F(BadClip, HasNoFrames) {
  // Cut behind the header of a fragmented file.
  const std::string whole = BytesOf(scratch_.Make(
      "whole.mp4", kMoving + std::string("-frames:v 10 -movflags empty_moov ") + kH264));
  const std::string path = scratch_.Write("none.mp4", whole.substr(0, whole.find("moof") - 4));
  ExpectRefused(path, ErrorCode::kInvalidArgument, "no frame that decodes");
}

TEST_F(BadClip, HasTransparency) {
  const std::string path = scratch_.Make(
      "alpha.mkv", "-f lavfi -i testsrc2=size=64x64 -frames:v 2 -c:v ffv1 -pix_fmt bgra");
  ExpectRefused(path, ErrorCode::kInvalidArgument, "alpha");
}

TEST_F(BadClip, HasAnUnknownCodec) {
  std::string bytes =
      BytesOf(scratch_.Make("known.mkv", kMoving + std::string("-frames:v 3 ") + kH264));
  const std::string codec = "V_MPEG4/ISO/AVC";
  bytes.replace(bytes.find(codec), codec.size(), "V_MPEG4/ISO/XYZ");
  ExpectRefused(scratch_.Write("unknown.mkv", bytes), ErrorCode::kInvalidArgument, "cannot decode");
}

TEST_F(BadClip, IsTruncatedBeforeItsHeader) {
  const std::string whole =
      BytesOf(scratch_.Make("whole.mp4", kMoving + std::string("-frames:v 60 ") + kH264));
  ExpectRefused(scratch_.Write("cut.mp4", whole.substr(0, whole.size() / 2)),
                ErrorCode::kInvalidArgument, "damaged or incomplete");
}

TEST_F(BadClip, IsTruncatedAndKeepsTheFramesThatAreThere) {
  for (const char* options :
       {"-f mp4 -movflags +faststart -g 12", "-f matroska -g 12", "-f mpegts -g 12"}) {
    const std::string whole =
        BytesOf(scratch_.Make("whole", kMoving + std::string("-frames:v 60 ") + kH264 + options));
    for (const double part : {0.45, 0.8}) {
      const auto size = static_cast<std::size_t>(static_cast<double>(whole.size()) * part);
      const std::string path = scratch_.Write("cut", whole.substr(0, size));
      const std::uint32_t count = CountReadable(path);
      EXPECT_GT(count, 5U) << options << " " << part;
      EXPECT_LT(count, 58U) << options << " " << part;
      const ClipFacts facts = OpenClip(path).value()->facts();
      if (std::string(options).rfind("-f mpegts", 0) == 0) {
        EXPECT_EQ(facts.claimed_frames, count) << "such a file says nothing";
      } else {
        EXPECT_NEAR(facts.claimed_frames, 60, 1) << options << " " << part;
      }
    }
    const std::string path = scratch_.Write("whole.again", whole);
    EXPECT_EQ(OpenClip(path).value()->facts().claimed_frames, 60U) << options;
  }
}

TEST_F(BadClip, NamesAFrameOfWhichPartsDoNotDecode) {
  const std::string path = scratch_.Make(
      "parts.mp4", kMoving + std::string("-frames:v 40 -g 10 -bf 0 -movflags +faststart ") + kH264);
  const std::vector<std::string> positions =
      Probe(path, "-select_streams v:0 -show_entries packet=pos");
  const std::vector<std::string> sizes =
      Probe(path, "-select_streams v:0 -show_entries packet=size");
  std::string bytes = BytesOf(path);
  const std::ptrdiff_t size = std::stol(sizes[20]);
  const std::ptrdiff_t middle = std::stol(positions[20]) + size / 2;
  for (std::ptrdiff_t i = 0; i < size / 4; ++i) {
    bytes[static_cast<std::size_t>(middle + i)] ^= '\x5a';
  }
  const auto clip = OpenClip(scratch_.Write("parts-damaged.mp4", bytes)).value();
  EXPECT_TRUE(clip->Read(19));
  const auto frame = clip->Read(20);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code(), ErrorCode::kDataLoss);
  EXPECT_THAT(frame.error().message(), AllOf(HasSubstr("frame 20"), HasSubstr("damaged")));
  EXPECT_TRUE(clip->Read(30)) << "what comes after the next key frame is whole";
}

TEST_F(BadClip, HasTransparencyInALayerOfItsOwn) {
  ExpectRefused(scratch_.Make("layer.webm",
                              "-f lavfi -i testsrc2=size=64x48:rate=10,format=yuva420p "
                              "-frames:v 5 -c:v libvpx-vp9 -pix_fmt yuva420p"),
                ErrorCode::kInvalidArgument, "transparency");
}

TEST_F(BadClip, BeginsWithDamagedFrames) {
  const std::string path = scratch_.Make(
      "start.mp4", kMoving + std::string("-frames:v 60 -g 20 -movflags +faststart ") + kH264);
  std::string bytes = BytesOf(path);
  const std::size_t start = bytes.find("mdat") + 8;
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(start), 3000, '\0');
  const std::string damaged = scratch_.Write("damaged.mp4", bytes);
  const std::uint32_t count = CountReadable(damaged);
  EXPECT_GE(count, 40U);
  EXPECT_LT(count, 60U);
}

TEST_F(BadClip, ClaimsMoreFramesThanItHolds) {
  const std::string whole = BytesOf(
      scratch_.Make("whole.avi", kMoving + std::string("-frames:v 60 -c:v mpeg4 -g 6 -q:v 3")));
  const std::string cut = scratch_.Write("cut.avi", whole.substr(0, whole.size() / 3));
  const std::uint32_t count = CountReadable(cut);
  EXPECT_GT(count, 5U);
  EXPECT_LT(count, 40U);
}

TEST_F(BadClip, NamesTheFrameThatIsDamaged) {
  const std::string path = scratch_.Make(
      "middle.mp4",
      kMoving + std::string("-frames:v 150 -g 25 -bf 0 -movflags +faststart ") + kH264);
  const std::vector<std::string> positions =
      Probe(path, "-select_streams v:0 -show_entries packet=pos");
  const std::vector<std::string> sizes =
      Probe(path, "-select_streams v:0 -show_entries packet=size");
  std::string bytes = BytesOf(path);
  const auto at = static_cast<std::ptrdiff_t>(std::stol(positions[75]));
  std::fill_n(bytes.begin() + at, std::stol(sizes[75]), '\0');  // The key frame 75.
  const std::string damaged = scratch_.Write("damaged.mp4", bytes);
  const auto clip = OpenClip(damaged);
  ASSERT_TRUE(clip) << clip.error().message();
  EXPECT_TRUE((*clip)->Read(74));
  const auto frame = (*clip)->Read(75);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code(), ErrorCode::kDataLoss);
  EXPECT_THAT(frame.error().message(), AllOf(HasSubstr(damaged), HasSubstr("frame 75")));
  EXPECT_TRUE((*clip)->Read(100)) << "what comes after is whole";
  EXPECT_FALSE((*clip)->Read(75)) << "and it stays damaged";
}

}  // namespace
}  // namespace weft::media
