#include "worker/runner/worker_status.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/notice_socket.h"
#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WorkerStatusTest : public ::testing::Test {
 protected:
  std::string Path() { return folder_.File("status.json"); }

  std::string Written() {
    std::ifstream file(Path());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
  WorkerStatus status_{Path(), ServiceNotice("", std::nullopt)};
};

TEST_F(WorkerStatusTest, IsReadyOnceTheCoordinatorKnowsIt) {
  status_.Tell({}, Time(seconds(10)));
  EXPECT_THAT(Written(), HasSubstr(R"({"ready":false,"state":"alone","task":"")"));
  status_.Tell({.is_known = true}, Time(seconds(10)));
  EXPECT_THAT(Written(), HasSubstr(R"({"ready":true,"state":"idle")"));
  status_.Tell({.is_known = true, .task = "denoise 3.1"}, Time(seconds(10)));
  EXPECT_THAT(Written(), HasSubstr(R"("state":"busy","task":"denoise 3.1")"));
}

TEST_F(WorkerStatusTest, IsWrittenAnewAsLongAsItLives) {
  status_.Tell({.is_known = true}, Time(seconds(10)));
  std::filesystem::remove(Path());
  status_.Tell({.is_known = true}, Time(seconds(14)));
  EXPECT_FALSE(std::filesystem::exists(Path()));
  status_.Tell({.is_known = true}, Time(seconds(15)));
  EXPECT_TRUE(std::filesystem::exists(Path()));
}

TEST_F(WorkerStatusTest, IsGoneWithTheWorker) {
  const std::string path = folder_.File("other.json");
  {
    WorkerStatus other(path, ServiceNotice("", std::nullopt));
    other.Tell({.is_known = true}, Time(seconds(10)));
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(WorkerStatusTest, TellsTheServiceManager) {
  NoticeSocket manager(folder_.File("notify"));
  {
    WorkerStatus status("", ServiceNotice(folder_.File("notify"), seconds(60)));
    status.Tell({}, Time(seconds(10)));
    EXPECT_THAT(manager.Heard(), ElementsAre("WATCHDOG=1", "STATUS=looks for the coordinator"));
    status.Tell({.is_known = true}, Time(seconds(11)));
    EXPECT_THAT(manager.Heard(), ElementsAre("READY=1\nSTATUS=waits for a task"));
    status.Tell({}, Time(seconds(12)));
    status.Tell({.is_known = true, .task = "finish 2"}, Time(seconds(40)));
    EXPECT_THAT(manager.Heard(), ElementsAre("STATUS=looks for the coordinator", "WATCHDOG=1",
                                             "STATUS=runs finish 2"));
  }
  EXPECT_THAT(manager.Heard(), ElementsAre("STOPPING=1"));
}

TEST_F(WorkerStatusTest, AFolderThatIsNotThereStopsNobody) {
  WorkerStatus other(folder_.File("absent/status.json"), ServiceNotice("", std::nullopt));
  other.Tell({.is_known = true}, Time(seconds(10)));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("absent")));
}

}  // namespace
}  // namespace weft::worker
