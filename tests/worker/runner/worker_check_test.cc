#include "worker/runner/worker_check.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Ne;

class WorkerCheckTest : public ::testing::Test {
 protected:
  WorkerCheckTest()
      : log_(*Log::Open({.terminal = false, .listener = [this](const LogEntry& entry) {
                           entries_.push_back(entry);
                         }})) {}

  static auto Said(LogLevel level, const std::string& words) {
    return Contains(
        AllOf(Field(&LogEntry::level, level), Field(&LogEntry::message, HasSubstr(words))));
  }

  TemporaryFolder folder_;
  std::vector<LogEntry> entries_;
  Log log_;
};

TEST_F(WorkerCheckTest, LetsAMachineStartThatCanWork) {
  EXPECT_TRUE(CheckMachine("cpu", folder_.File("outbox"), folder_.File("run/status.json"), log_));
  EXPECT_THAT(entries_, Said(LogLevel::kInfo, "matrices are multiplied at "));
  EXPECT_THAT(entries_, Each(Field(&LogEntry::level, Ne(LogLevel::kError))));
  EXPECT_TRUE(std::filesystem::is_directory(folder_.File("run")));
}

TEST_F(WorkerCheckTest, SaysWhereItMayNotWrite) {
  std::ofstream(folder_.File("file")) << "no folder";
  EXPECT_FALSE(CheckMachine("cpu", folder_.File("file"), "", log_));
  EXPECT_THAT(entries_, Said(LogLevel::kError, folder_.File("file")));
  EXPECT_FALSE(CheckMachine("cpu", "", folder_.File("file/status.json"), log_));
}

TEST_F(WorkerCheckTest, SaysWhichGpuIsNotThere) {
  EXPECT_FALSE(CheckMachine("cuda:10000", "", "", log_));
  EXPECT_THAT(entries_, Said(LogLevel::kError, "device cuda:10000: "));
}

}  // namespace
}  // namespace weft::worker
