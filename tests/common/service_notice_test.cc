#include "common/service_notice.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/notice_socket.h"
#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ServiceNoticeTest : public ::testing::Test {
 protected:
  // One thread runs.  NOLINTBEGIN(concurrency-mt-unsafe)
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
      ::unsetenv(name);
    }
  }
  static void Set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  // NOLINTEND(concurrency-mt-unsafe)

  std::string Path() { return folder_.File("notify"); }
  std::vector<std::string> Heard() { return socket_.Heard(); }

  TemporaryFolder folder_;
  NoticeSocket socket_{Path()};
};

TEST_F(ServiceNoticeTest, SaysWhenTheProgramIsReadyAndWhatItDoes) {
  ServiceNotice notice(Path(), std::nullopt);
  notice.Ready("listens");
  notice.Say("listens");
  notice.Say("runs a task");
  notice.Stopping();
  notice.Alive(Time(seconds(5)));
  EXPECT_THAT(Heard(), ElementsAre("READY=1\nSTATUS=listens", "STATUS=runs a task", "STOPPING=1"));
}

TEST_F(ServiceNoticeTest, GivesASignOfLifeTwiceInTheTimeAllowed) {
  ServiceNotice notice(Path(), seconds(10));
  notice.Alive(Time(seconds(100)));
  notice.Alive(Time(seconds(104)));
  EXPECT_THAT(Heard(), ElementsAre("WATCHDOG=1"));
  notice.Alive(Time(seconds(105)));
  EXPECT_THAT(Heard(), ElementsAre("WATCHDOG=1"));
}

TEST_F(ServiceNoticeTest, FindsTheManagerInTheEnvironment) {
  Set("NOTIFY_SOCKET", Path());
  Set("WATCHDOG_USEC", "4000000");
  ServiceNotice notice = ServiceNotice::FromEnvironment();
  notice.Alive(Time(seconds(1)));
  notice.Alive(Time(seconds(2)));
  notice.Alive(Time(seconds(3)));
  EXPECT_THAT(Heard(), ElementsAre("WATCHDOG=1", "WATCHDOG=1"));
  Set("WATCHDOG_PID", "1");  // Another process of the service is meant.
  ServiceNotice::FromEnvironment().Alive(Time(seconds(1)));
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ServiceNoticeTest, IsQuietWhereNobodyListens) {
  ServiceNotice("", std::nullopt).Ready("listens");
  ServiceNotice(folder_.File("nobody"), seconds(1)).Alive(Time(seconds(1)));
  ServiceNotice(std::string(500, 'x'), seconds(1)).Ready("listens");
  EXPECT_THAT(Heard(), IsEmpty());
}

}  // namespace
}  // namespace weft
