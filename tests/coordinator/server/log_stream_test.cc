#include "coordinator/server/log_stream.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LogEntry Entry(const std::string& message, LogLevel level = LogLevel::kInfo) {
  return {
      .unix_ms = 1'714'564'800'123, .level = level, .fields = {.job = "j-1"}, .message = message};
}

std::vector<std::string> Messages(const v1::LogPage& page) {
  std::vector<std::string> messages;
  for (const v1::LogRecord& record : page.records()) {
    messages.push_back(record.message());
  }
  return messages;
}

class LogStreamTest : public ::testing::Test {
 protected:
  LogStream Open(const LogStreamLimits& limits = {}) {
    return LogStream::Open(folder_.File("stream"), limits).value();
  }

  TemporaryFolder folder_;
};

TEST_F(LogStreamTest, AnEmptyStreamHasAnEmptyPage) {
  const v1::LogPage page = Open().Read({}).value();
  EXPECT_THAT(page.records(), IsEmpty());
  EXPECT_TRUE(page.at_end());
  EXPECT_FALSE(std::filesystem::exists(folder_.File("stream"))) << "nothing was to be kept";
}

TEST_F(LogStreamTest, GivesBackWhatWasKeptWithAllItsFields) {
  LogStream stream = Open();
  LogEntry entry = Entry("out of \"memory\"\nagain", LogLevel::kWarning);
  entry.fields = {.job = "j-1", .task = "denoise 3.1", .attempt = 2, .epoch = 7, .worker = "w"};
  ASSERT_TRUE(stream.Append(entry));
  const v1::LogPage page = stream.Read({}).value();
  ASSERT_EQ(page.records_size(), 1);
  const v1::LogRecord& record = page.records(0);
  EXPECT_EQ(record.unix_ms(), entry.unix_ms);
  EXPECT_EQ(record.severity(), v1::LOG_SEVERITY_WARNING);
  EXPECT_EQ(record.message(), entry.message);
  EXPECT_EQ(record.job(), "j-1");
  EXPECT_EQ(record.task(), "denoise 3.1");
  EXPECT_EQ(record.attempt(), 2U);
  EXPECT_EQ(record.epoch(), 7U);
  EXPECT_EQ(record.worker(), "w");
}

TEST_F(LogStreamTest, GoesOnFromAnOffsetAlsoWhenOpenedAnew) {
  v1::ReadLog request;
  {
    LogStream stream = Open();
    ASSERT_TRUE(stream.Append(Entry("one")));
    request.set_offset(stream.Read(request).value().next());
    EXPECT_THAT(Messages(stream.Read(request).value()), IsEmpty());
  }
  LogStream stream = Open();
  ASSERT_TRUE(stream.Append(Entry("two")));
  const v1::LogPage page = stream.Read(request).value();
  EXPECT_THAT(Messages(page), ElementsAre("two"));
  EXPECT_TRUE(page.at_end());
  EXPECT_EQ(page.next(), stream.End());
}

TEST_F(LogStreamTest, FiltersByTaskAttemptSeverityAndWords) {
  LogStream stream = Open();
  LogEntry entry = Entry("one error", LogLevel::kError);
  entry.fields.task = "finish 0";
  entry.fields.attempt = 1;
  ASSERT_TRUE(stream.Append(entry));
  ASSERT_TRUE(stream.Append(Entry("two")));
  v1::ReadLog request;
  request.set_task("finish 0");
  EXPECT_THAT(Messages(stream.Read(request).value()), ElementsAre("one error"));
  request.set_attempt(2);
  EXPECT_THAT(Messages(stream.Read(request).value()), IsEmpty());
  request = {};
  request.set_least(v1::LOG_SEVERITY_WARNING);
  EXPECT_THAT(Messages(stream.Read(request).value()), ElementsAre("one error"));
  request = {};
  request.set_contains("tw");
  EXPECT_THAT(Messages(stream.Read(request).value()), ElementsAre("two"));
}

TEST_F(LogStreamTest, ReadsAcrossFilesPageByPageToTheEnd) {
  LogStream stream = Open({.file_bytes = 2'000, .bytes_max = 10 << 20});
  const std::string filling(900, 'x');
  constexpr int kCount = 1'500;  // More than a page holds.
  for (int number = 0; number < kCount; ++number) {
    ASSERT_TRUE(stream.Append(Entry(std::to_string(number) + filling)));
  }
  v1::ReadLog request;
  int seen = 0;
  int pages = 0;
  for (bool at_end = false; !at_end; ++pages) {
    const v1::LogPage page = stream.Read(request).value();
    for (const v1::LogRecord& record : page.records()) {
      ASSERT_EQ(record.message(), std::to_string(seen++) + filling);
    }
    request.set_offset(page.next());
    at_end = page.at_end();
  }
  EXPECT_EQ(seen, kCount);
  EXPECT_GT(pages, 3);
}

TEST_F(LogStreamTest, TheOldestGivesWayAndIsReportedMissing) {
  LogStream stream = Open({.file_bytes = 1'000, .bytes_max = 5'000});
  for (int number = 0; number < 200; ++number) {
    ASSERT_TRUE(stream.Append(Entry(std::to_string(number))));
  }
  EXPECT_LE(stream.End() - stream.Begin(), 7'000U);
  const v1::LogPage page = stream.Read({}).value();
  EXPECT_EQ(page.missing_bytes(), stream.Begin());
  EXPECT_GT(stream.Begin(), 0U);
  EXPECT_EQ(Messages(page).back(), "199");
  EXPECT_EQ(Open({.file_bytes = 1'000, .bytes_max = 5'000}).Begin(), stream.Begin());
}

TEST_F(LogStreamTest, TheLastBytesBeginWithAWholeLine) {
  LogStream stream = Open();
  for (const char* message : {"one", "two", "three"}) {
    ASSERT_TRUE(stream.Append(Entry(message)));
  }
  v1::ReadLog request;
  request.set_from_end(true);
  request.set_tail_bytes((stream.End() - stream.Begin()) / 3 * 2 + 5);
  EXPECT_THAT(Messages(stream.Read(request).value()), ElementsAre("two", "three"));
  request.set_tail_bytes(1);
  EXPECT_THAT(Messages(stream.Read(request).value()), IsEmpty());
  request.set_tail_bytes(1 << 20);
  EXPECT_THAT(Messages(stream.Read(request).value()), ElementsAre("one", "two", "three"));
}

TEST_F(LogStreamTest, ALineThatACrashHasTornCostsOnlyItself) {
  ASSERT_TRUE(Open().Append(Entry("one")));
  for (const auto& file : std::filesystem::directory_iterator(folder_.File("stream"))) {
    std::ofstream(file.path(), std::ios::app) << R"({"time":"2024-)";
  }
  LogStream stream = Open();
  ASSERT_TRUE(stream.Append(Entry("two")));
  EXPECT_THAT(Messages(stream.Read({}).value()), ElementsAre("one", "two"));
}

TEST_F(LogStreamTest, AnOffsetBehindTheEndIsTheEnd) {
  LogStream stream = Open();
  ASSERT_TRUE(stream.Append(Entry("one")));
  v1::ReadLog request;
  request.set_offset(1 << 30);
  const v1::LogPage page = stream.Read(request).value();
  EXPECT_EQ(page.next(), stream.End());
  EXPECT_TRUE(page.at_end());
}

TEST(RecordOf, TakesNothingThatIsNoRecord) {
  EXPECT_FALSE(RecordOf("").has_value());
  EXPECT_FALSE(RecordOf("[1]").has_value());
  EXPECT_FALSE(RecordOf(R"({"level":7})").has_value());
  EXPECT_TRUE(RecordOf(R"({"level":"info","attempt":"two"})").has_value());
}

}  // namespace
}  // namespace weft::coordinator
