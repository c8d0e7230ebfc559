#include "worker/media/ffmpeg_voice.h"

#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/media/scratch.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/frame_source.h"

namespace weft::media {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class FfmpegVoiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    HearFfmpeg(
        [this](Concern concern, const std::string& line) { heard_.emplace_back(concern, line); });
  }
  void TearDown() override { HearFfmpeg({}); }

  std::vector<std::pair<Concern, std::string>> heard_;
};

TEST_F(FfmpegVoiceTest, SpeaksInWholeLines) {
  av_log(nullptr, AV_LOG_ERROR, "first, ");
  EXPECT_THAT(heard_, IsEmpty());
  av_log(nullptr, AV_LOG_ERROR, "and second\nthird\nfour");
  av_log(nullptr, AV_LOG_WARNING, "th\n");
  EXPECT_THAT(heard_,
              ElementsAre(Pair(Concern::kError, "first, and second"),
                          Pair(Concern::kError, "third"), Pair(Concern::kWarning, "fourth")));
}

TEST_F(FfmpegVoiceTest, LeavesOutWhatIsNoConcern) {
  av_log(nullptr, AV_LOG_INFO, "for your information\n");
  av_log(nullptr, AV_LOG_DEBUG, "very detailed\n");
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(FfmpegVoiceTest, ThreadsDoNotMixTheirLines) {
  av_log(nullptr, AV_LOG_ERROR, "one ");
  std::thread([] { av_log(nullptr, AV_LOG_ERROR, "other\n"); }).join();
  av_log(nullptr, AV_LOG_ERROR, "line\n");
  EXPECT_THAT(heard_,
              ElementsAre(Pair(Concern::kError, "other"), Pair(Concern::kError, "one line")));
}

TEST_F(FfmpegVoiceTest, SaysWhatIsWrongWithAClip) {
  const Scratch scratch;
  std::ofstream(scratch.Path("bad.mp4")) << std::string(
      "\0\0\0\x18"
      "ftypisom\0\0\2\0isomiso2",
      24);
  EXPECT_FALSE(OpenClip(scratch.Path("bad.mp4")).has_value());
  EXPECT_THAT(heard_, Contains(Pair(Concern::kError, HasSubstr("moov atom not found"))));
}

TEST_F(FfmpegVoiceTest, IsNotHeardAnyMoreWhereNobodyListens) {
  HearFfmpeg({});
  av_log(nullptr, AV_LOG_ERROR, "to nobody\n");
  EXPECT_THAT(heard_, IsEmpty());
}

}  // namespace
}  // namespace weft::media
