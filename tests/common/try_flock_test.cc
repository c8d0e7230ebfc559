#include "common/try_flock.h"

#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

class TryFlockTest : public ::testing::Test {
 protected:
  void TearDown() override {
    close(first_);
    close(second_);
  }

  [[nodiscard]] int Open() const { return open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("file");
  const int first_ = Open();
  const int second_ = Open();
};

TEST_F(TryFlockTest, TellsALockFromOneThatSomebodyHolds) {
  EXPECT_TRUE(TryFlock(first_, LOCK_SH, path_).value());
  EXPECT_TRUE(TryFlock(second_, LOCK_SH, path_).value());
  EXPECT_FALSE(TryFlock(second_, LOCK_EX, path_).value());
}

// As a file system without locks does it, with other words.
TEST_F(TryFlockTest, SaysWhatToDoWhereAFileCannotBeLocked) {
  const int cannot_be_locked = open(path_.c_str(), O_PATH | O_CLOEXEC);
  const auto locked = TryFlock(cannot_be_locked, LOCK_EX, path_);
  close(cannot_be_locked);
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(locked.error().message(),
              ::testing::AllOf(::testing::HasSubstr(path_ + ": Bad file descriptor"),
                               ::testing::HasSubstr("-o flock")));
}

}  // namespace
}  // namespace weft
