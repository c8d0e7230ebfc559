#include "worker/runner/library_voices.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::worker {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class LibraryVoicesTest : public ::testing::Test {
 protected:
  LibraryVoicesTest()
      : voices_(*Log::Open({.terminal = false, .listener = [this](const LogEntry& entry) {
                              entries_.push_back(entry);
                            }})) {}

  std::vector<LogEntry> entries_;
  LibraryVoices voices_;
};

TEST_F(LibraryVoicesTest, SayWhichTaskTheySpeakOf) {
  voices_.Begin({.job = "j-1", .task = "finish 3", .attempt = 2});
  voices_.Take("FFmpeg", LogLevel::kWarning, "[h264] odd block");
  EXPECT_EQ(voices_.End(), "FFmpeg: [h264] odd block\n");
  voices_.Take("LibTorch", LogLevel::kWarning, "odd tensor");
  ASSERT_THAT(entries_, SizeIs(2));
  EXPECT_EQ(entries_[0].message, "FFmpeg: [h264] odd block");
  EXPECT_EQ(entries_[0].level, LogLevel::kWarning);
  EXPECT_EQ(entries_[0].fields.job, "j-1");
  EXPECT_EQ(entries_[0].fields.task, "finish 3");
  EXPECT_EQ(entries_[0].fields.attempt, 2U);
  EXPECT_EQ(entries_[1].message, "LibTorch: odd tensor");
  EXPECT_EQ(entries_[1].fields.job, "");
}

TEST_F(LibraryVoicesTest, DoNotFillTheLog) {
  voices_.Begin({.job = "j-1"});
  for (int line = 0; line < 5000; ++line) {
    voices_.Take("FFmpeg", LogLevel::kWarning, "line " + std::to_string(line));
  }
  const std::string last = voices_.End();
  EXPECT_THAT(last, HasSubstr("FFmpeg: line 4999\n"));
  EXPECT_THAT(last, Not(HasSubstr("line 100\n")));
  ASSERT_THAT(entries_, SizeIs(101));
  EXPECT_EQ(entries_.back().message, "4900 more lines of libraries are left out");
  EXPECT_EQ(entries_.back().fields.job, "j-1");
}

TEST_F(LibraryVoicesTest, ATaskIsNotExplainedByTheOneBefore) {
  voices_.Begin({.job = "j-1"});
  voices_.Take("FFmpeg", LogLevel::kWarning, "of the first");
  voices_.End();
  voices_.Begin({.job = "j-2"});
  EXPECT_EQ(voices_.End(), "");
}

}  // namespace
}  // namespace weft::worker
