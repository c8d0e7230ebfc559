#include "common/log/log.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class LogTest : public ::testing::Test {
 protected:
  Log Open(LogOptions options = {}) {
    options.program = "weft-test";
    options.file = folder_.File("log.json");
    options.terminal = false;
    return Log::Open(options).value();
  }

  // Every line of the file, each of which must be one JSON object.
  std::vector<json> Records(const std::string& name = "log.json") {
    std::ifstream file(folder_.File(name));
    std::vector<json> records;
    std::string line;
    while (std::getline(file, line)) {
      records.push_back(json::parse(line));
      EXPECT_TRUE(records.back().is_object());
    }
    return records;
  }

  TemporaryFolder folder_;
};

TEST_F(LogTest, WritesARecordWithItsFields) {
  Open()
      .With({.job = "j-1", .chunk = 0, .task = "denoise 0.1", .attempt = 2, .worker = "local-0"})
      .Warning("slow");
  ASSERT_EQ(Records().size(), 1U);
  json record = Records()[0];
  const std::regex rfc3339(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  EXPECT_TRUE(std::regex_match(record["time"].get<std::string>(), rfc3339)) << record["time"];
  record.erase("time");
  EXPECT_EQ(record, (json{{"level", "warning"},
                          {"program", "weft-test"},
                          {"process", ::getpid()},
                          {"job", "j-1"},
                          {"chunk", 0},
                          {"task", "denoise 0.1"},
                          {"attempt", 2},
                          {"worker", "local-0"},
                          {"message", "slow"}}));
}

TEST_F(LogTest, TellsTheTimeInUtc) {
  const std::time_t before = std::time(nullptr);
  Open().Info("now");
  const std::time_t after = std::time(nullptr);
  std::tm parts{};
  const std::string stamp = Records().at(0)["time"];
  ASSERT_NE(::strptime(stamp.c_str(), "%Y-%m-%dT%H:%M:%S", &parts), nullptr);
  const std::time_t time = ::timegm(&parts);
  EXPECT_GE(time, before);
  EXPECT_LE(time, after);
}

TEST_F(LogTest, LeavesOutFieldsThatWereNotGiven) {
  Open().Info("hello");
  const json record = Records().at(0);
  for (const char* field : {"job", "chunk", "task", "attempt", "worker"}) {
    EXPECT_FALSE(record.contains(field)) << field;
  }
}

TEST_F(LogTest, LetsChildrenAddAndReplaceFields) {
  const Log parent = Open().With({.job = "j-1", .worker = "local-0"});
  const Log child = parent.With({.job = "j-2", .task = "finish 3"});
  child.Info("of the child");
  parent.Info("of the parent");
  const auto records = Records();
  EXPECT_EQ(records.at(0)["job"], "j-2");
  EXPECT_EQ(records.at(0)["task"], "finish 3");
  EXPECT_EQ(records.at(0)["worker"], "local-0");
  EXPECT_EQ(records.at(1)["job"], "j-1");
  EXPECT_FALSE(records.at(1).contains("task"));
}

TEST_F(LogTest, KeepsAnyMessageOnOneLine) {
  const std::string message = "a \"quoted\"\n\ttab, a \\ and \x01, {} %v %s ä";
  Open().Info(message);
  ASSERT_EQ(Records().size(), 1U);
  EXPECT_EQ(Records()[0]["message"], message);
}

TEST_F(LogTest, KeepsARecordWhoseBytesAreNoText) {
  Open().With({.job = "j\xff"}).Info("bad \xc3( bytes");
  ASSERT_EQ(Records().size(), 1U);
  EXPECT_THAT(Records()[0]["message"].get<std::string>(), HasSubstr("bytes"));
}

TEST_F(LogTest, DropsWhatIsBelowItsLevel) {
  const Log log = Open({.level = LogLevel::kWarning});
  log.Debug("debug");
  log.Info("info");
  log.Warning("warning");
  log.Error("error");
  const auto records = Records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0]["level"], "warning");
  EXPECT_EQ(records[1]["level"], "error");
}

TEST_F(LogTest, KeepsAFewFilesOfBoundedSize) {
  const Log log = Open({.file_bytes_max = 10000, .files_max = 3});
  for (int i = 0; i < 1000; ++i) {
    log.Info("record " + std::to_string(i));
  }
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
    ++files;
    EXPECT_LE(file.file_size(), 10000U);
    Records(file.path().filename());
  }
  EXPECT_EQ(files, 3);
  EXPECT_EQ(Records().back()["message"], "record 999");
}

void WriteMany(const Log& log) {
  for (int i = 0; i < 200; ++i) {
    log.Info(std::string(500, 'x'));
  }
}

TEST_F(LogTest, NeverMixesTheLinesOfThreads) {
  const Log log = Open();
  std::vector<std::thread> threads(4);
  for (std::thread& thread : threads) {
    thread = std::thread(WriteMany, log);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(Records().size(), 800U);
}

TEST_F(LogTest, SaysWhenTheFileCannotBeWritten) {
  std::ofstream(folder_.File("file")) << "in the way";
  const auto log = Log::Open({.program = "weft-test", .file = folder_.File("file/log.json")});
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(LogTest, IsReadableOnATerminal) {
  ::testing::internal::CaptureStderr();
  {
    const Log log = Log::Open({.program = "weft-test"}).value();
    log.Info("hello {}");
    log.With({.job = "j-1", .chunk = 3, .task = "denoise 3.1", .attempt = 2}).Error("lost");
    log.With({.chunk = 3, .worker = "w"}).Debug("not shown");
  }
  const std::string lines = ::testing::internal::GetCapturedStderr();
  const std::regex expected(
      "\\d\\d:\\d\\d:\\d\\d weft-test info: hello \\{\\}\n"
      "\\d\\d:\\d\\d:\\d\\d weft-test error: job j-1, denoise 3\\.1, attempt 2: lost\n");
  EXPECT_TRUE(std::regex_match(lines, expected)) << lines;
}

TEST_F(LogTest, SaysNothingWhenSilent) {
  ::testing::internal::CaptureStderr();
  Log::Silent().With({.job = "j-1"}).Error("unheard");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Log, LevelsHaveTheirNames) {
  EXPECT_EQ(LogLevelNamed("debug"), LogLevel::kDebug);
  EXPECT_EQ(LogLevelNamed("warning"), LogLevel::kWarning);
  EXPECT_EQ(LogLevelNamed("loud"), std::nullopt);
}

}  // namespace
}  // namespace weft
