#include "common/failpoint.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

class FailpointTest : public ::testing::Test {
 protected:
  // The signal that ends or stops a process with this environment that comes there so often; 0:
  // none. The environment is read once, so each has a process of its own.
  static int Come(const std::string& armed, int visits) {
    const pid_t child = fork();
    if (child == 0) {
      setenv("WEFT_FAILPOINT", armed.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread.
      for (int i = 0; i < visits; ++i) {
        Failpoint("elsewhere");
        Failpoint("here");
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    if (WIFSTOPPED(status)) {
      const int signal = WSTOPSIG(status);
      kill(child, SIGCONT);
      waitpid(child, &status, 0);
      EXPECT_TRUE(WIFEXITED(status)) << "it went on, and did not end in peace";
      return signal;
    }
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  TemporaryFolder folder_;
  std::string file_ = folder_.File("died");
};

TEST_F(FailpointTest, KillsAtTheVisitThatItNames) {
  EXPECT_EQ(Come("here:3:" + file_, 2), 0);
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_EQ(Come("here:3:" + file_, 3), SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(FailpointTest, KillsOnceOfAllProcesses) {
  EXPECT_EQ(Come("here:1:" + file_, 1), SIGKILL);
  EXPECT_EQ(Come("here:1:" + file_, 5), 0);
}

TEST_F(FailpointTest, StopsUntilItIsSentOn) {
  EXPECT_EQ(Come("here:2:stop:" + file_, 1), 0);
  EXPECT_EQ(Come("here:2:stop:" + file_, 3), SIGSTOP);
  EXPECT_TRUE(std::filesystem::exists(file_));
  EXPECT_EQ(Come("here:2:stop:" + file_, 3), 0);
}

TEST_F(FailpointTest, ArmsNothingThatItDoesNotUnderstand) {
  for (const char* armed : {"", "here", "here:1", "here:x:", "here::", ":1:"}) {
    EXPECT_EQ(Come(armed + file_, 2), 0) << armed;
  }
}

}  // namespace
}  // namespace weft
