#include "worker/runner/parent_process.h"

#include <array>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::worker {
namespace {

// What EndWith() says in a child of this process.
bool SaysInAChild(pid_t parent) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(EndWith(parent) ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status == 0;
}

TEST(EndWith, KnowsWhetherThatIsStillTheParent) {
  EXPECT_TRUE(SaysInAChild(getpid()));
  EXPECT_FALSE(SaysInAChild(getppid())) << "who may well be there, as process 1 always is";
}

TEST(EndWith, EndsAProcessWithItsParent) {
  constexpr unsigned kLongestSeconds = 60;
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    if (fork() == 0) {
      alarm(2 * kLongestSeconds);  // Nobody is left behind where it does not end.
      const char said = EndWith(getppid()) ? 'y' : 'n';
      const bool written = write(pipe_ends[1], &said, 1) == 1;
      while (written) {
        pause();
      }
      _exit(1);
    }
    char said = 0;
    _exit(read(pipe_ends[0], &said, 1) == 1 && said == 'y' ? 0 : 1);
  }
  close(pipe_ends[1]);
  int status = -1;
  waitpid(parent, &status, 0);
  EXPECT_EQ(status, 0);
  // The grandchild alone has the other end.
  pollfd closed{pipe_ends[0], POLLIN, 0};
  EXPECT_EQ(poll(&closed, 1, static_cast<int>(kLongestSeconds) * 1000), 1) << "it still runs";
  close(pipe_ends[0]);
}

}  // namespace
}  // namespace weft::worker
