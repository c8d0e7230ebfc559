#include "worker/storage/file_lock.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

constexpr auto kShared = FileLock::Kind::kShared;
constexpr auto kExclusive = FileLock::Kind::kExclusive;

class FileLockTest : public ::testing::Test {
 protected:
  FileLockTest() { std::ofstream(path_) << "x"; }

  TemporaryFolder folder_;
  const std::string path_ = folder_.File("file");
};

TEST_F(FileLockTest, LetsManyShareAndOneExclude) {
  auto first = FileLock::Try(path_, kShared).value();
  ASSERT_TRUE(first);
  EXPECT_TRUE(FileLock::Try(path_, kShared).value());
  EXPECT_FALSE(FileLock::Try(path_, kExclusive).value());
  { const FileLock gone = *std::move(first); }
  const auto alone = FileLock::Try(path_, kExclusive).value();
  EXPECT_TRUE(alone);
  EXPECT_FALSE(FileLock::Try(path_, kShared).value());
}

TEST_F(FileLockTest, LocksFolders) {
  const std::string folder = folder_.path().string();
  const auto lock = FileLock::Try(folder, kExclusive).value();
  ASSERT_TRUE(lock);
  EXPECT_FALSE(FileLock::Try(folder, kExclusive).value());
}

TEST_F(FileLockTest, MakesAFileOnlyWhereItIsAskedTo) {
  const std::string other = folder_.File("other");
  EXPECT_FALSE(FileLock::Try(other, kShared).value());
  EXPECT_FALSE(std::filesystem::exists(other));
  const auto lock = FileLock::TryNew(other);
  ASSERT_TRUE(lock && *lock);
  EXPECT_TRUE(std::filesystem::exists(other));
  const auto again = FileLock::TryNew(other);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
}

TEST_F(FileLockTest, TellsWhatCannotBeOpenedFromWhatIsNotThere) {
  EXPECT_FALSE(FileLock::Try(path_ + "/below a file", kShared).value());
  const std::string circle = folder_.File("circle");
  std::filesystem::create_symlink(circle, circle);
  const auto lock = FileLock::Try(circle, kShared);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(lock.error().message().find(circle), std::string::npos);
}

TEST_F(FileLockTest, IsNotAwaitedForEver) {
  constexpr std::chrono::milliseconds kPatience(5);
  {
    const auto held = FileLock::AwaitNew(path_, kPatience);
    ASSERT_TRUE(held);
    const auto awaited = FileLock::AwaitNew(path_, kPatience);
    ASSERT_FALSE(awaited);
    EXPECT_EQ(awaited.error().code(), ErrorCode::kUnavailable);
    EXPECT_NE(awaited.error().message().find(path_), std::string::npos);
  }
  EXPECT_TRUE(FileLock::AwaitNew(path_, kPatience));
}

TEST_F(FileLockTest, SaysWhereAFileCannotBeMade) {
  const auto lock = FileLock::TryNew(folder_.File("no/such/folder"));
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace weft::worker
