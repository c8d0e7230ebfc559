#include "worker/media/clip_file.h"

#include <cstddef>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/failing_disk.h"
#include "tests/worker/media/scratch.h"

namespace weft::media {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Sample {
  const char* name;
  const char* options;
};

// More than FFmpeg reads ahead: of a transport stream, that is the first five million bytes.
constexpr Sample kSamples[] = {
    {"clip.mp4", "-frames:v 24 -movflags +faststart"},
    {"clip.mkv", "-frames:v 24"},
    {"clip.avi", "-frames:v 24"},
    {"clip.ts", "-frames:v 120"},
};

class ClipFileTest : public ::testing::Test {
 protected:
  // Of noise, 70 KB a frame.
  [[nodiscard]] std::string Make(const Sample& sample) const {
    return scratch_.Make(sample.name,
                         "-f lavfi -i testsrc2=size=320x240:rate=25 -vf noise=alls=40:allf=t "
                         "-c:v mpeg4 -g 12 -q:v 3 " +
                             std::string(sample.options));
  }

  // What comes behind its last packet: false, or why there is no telling.
  static Result<bool> ReadToTheEnd(ClipFile& file) {
    const PacketPtr packet = NewPacket();
    Result<bool> read = file.ReadPacket(packet.get());
    while (read.has_value() && *read) {
      read = file.ReadPacket(packet.get());
    }
    return read;
  }

  Scratch scratch_;
};

TEST_F(ClipFileTest, DoesNotTakeAReadThatFailsForTheEnd) {
  for (const Sample& sample : kSamples) {
    SCOPED_TRACE(sample.name);
    const std::string path = Make(sample);
    auto file = ClipFile::Open(path);
    ASSERT_TRUE(file) << file.error().message();
    ASSERT_EQ(FailReadsOf(path), 1U);
    const Result<bool> end = ReadToTheEnd(*file);
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(end.error().message(), AllOf(HasSubstr(path), HasSubstr("Input/output error")));
    EXPECT_TRUE(file->HasFailed());
  }
}

TEST_F(ClipFileTest, EndsWhereItIsCutOff) {
  for (const Sample& sample : kSamples) {
    SCOPED_TRACE(sample.name);
    const std::string whole = BytesOf(Make(sample));
    auto file = ClipFile::Open(scratch_.Write("cut", whole.substr(0, whole.size() / 5 * 4)));
    ASSERT_TRUE(file) << file.error().message();
    const Result<bool> end = ReadToTheEnd(*file);
    ASSERT_TRUE(end.has_value()) << end.error().message();
    EXPECT_FALSE(*end);
    EXPECT_FALSE(file->HasFailed());
  }
}

}  // namespace
}  // namespace weft::media
