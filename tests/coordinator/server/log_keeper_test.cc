#include "coordinator/server/log_keeper.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LogEntry About(const std::string& job, const std::string& message) {
  return {.unix_ms = 1, .fields = {.job = job}, .message = message};
}

class LogKeeperTest : public ::testing::Test {
 protected:
  std::vector<std::string> Messages(LogKeeper& keeper, const std::string& job) {
    v1::ReadLog request;
    request.set_job(job);
    const v1::LogPage page = keeper.Read(request).value();
    std::vector<std::string> messages;
    for (const v1::LogRecord& record : page.records()) {
      messages.push_back(record.message());
    }
    return messages;
  }

  TemporaryFolder folder_;
};

TEST_F(LogKeeperTest, NotesAreTheFarmsAndTheirJobs) {
  LogKeeper keeper(folder_.File("logs"), {});
  keeper.KeepNote(About("j-1", "accepted"));
  keeper.KeepNote(About("", "worker is here"));
  EXPECT_THAT(Messages(keeper, ""), ElementsAre("accepted", "worker is here"));
  EXPECT_THAT(Messages(keeper, "j-1"), ElementsAre("accepted"));
}

TEST_F(LogKeeperTest, RecordsOfWorkersAreTheirJobsAlone) {
  LogKeeper keeper(folder_.File("logs"), {});
  keeper.KeepRecord(About("j-1", "starts"));
  keeper.KeepRecord(About("", "joins"));
  EXPECT_THAT(Messages(keeper, ""), ElementsAre("joins"));
  EXPECT_THAT(Messages(keeper, "j-1"), ElementsAre("starts"));
}

TEST_F(LogKeeperTest, StreamsThatNobodyAddsToAreDeletedInTime) {
  LogKeeper keeper(folder_.File("logs"), {.age_max = std::chrono::hours(48)});
  keeper.KeepNote(About("old", "done"));
  keeper.KeepNote(About("new", "done"));
  for (const auto& file : std::filesystem::directory_iterator(folder_.File("logs/old"))) {
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(49));
  }
  keeper.Prune();
  EXPECT_FALSE(std::filesystem::exists(folder_.File("logs/old")));
  EXPECT_THAT(Messages(keeper, "old"), IsEmpty());
  EXPECT_THAT(Messages(keeper, "new"), ElementsAre("done"));
  EXPECT_THAT(Messages(keeper, ""), ElementsAre("done", "done"));
}

TEST_F(LogKeeperTest, CountsWhatItCannotKeep) {
  LogKeeper keeper("/proc/no-such-place", {});
  keeper.KeepRecord(About("j-1", "lost"));
  const auto [lost, why] = keeper.TakeLosses();
  EXPECT_EQ(lost, 1U);
  EXPECT_THAT(why, HasSubstr("/proc/no-such-place"));
  EXPECT_EQ(keeper.TakeLosses().first, 0U);
}

TEST_F(LogKeeperTest, KeepsNothingWhereItShouldNot) {
  LogKeeper keeper(folder_.File("logs"), {.enabled = false});
  keeper.KeepNote(About("j-1", "accepted"));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("logs")));
  EXPECT_EQ(keeper.Read({}).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft::coordinator
