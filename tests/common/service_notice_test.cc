#include "common/service_notice.h"

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Listens as a service manager does.
class ServiceNoticeTest : public ::testing::Test {
 protected:
  ServiceNoticeTest() : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, Path().c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~ServiceNoticeTest() override {
    ::close(socket_);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
  }

  std::string Path() { return folder_.File("notify"); }

  std::vector<std::string> Heard() {
    std::vector<std::string> heard;
    char bytes[256];
    for (ssize_t size = 0; (size = ::recv(socket_, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0;) {
      heard.emplace_back(bytes, static_cast<std::size_t>(size));
    }
    return heard;
  }

  TemporaryFolder folder_;
  int socket_;
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
  ::setenv("NOTIFY_SOCKET", Path().c_str(), 1);
  ::setenv("WATCHDOG_USEC", "4000000", 1);
  ServiceNotice notice = ServiceNotice::FromEnvironment();
  notice.Alive(Time(seconds(1)));
  notice.Alive(Time(seconds(2)));
  notice.Alive(Time(seconds(3)));
  EXPECT_THAT(Heard(), ElementsAre("WATCHDOG=1", "WATCHDOG=1"));
  ::setenv("WATCHDOG_PID", "1", 1);  // Another process of the service is meant.
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
