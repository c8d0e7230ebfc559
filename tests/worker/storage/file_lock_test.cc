#include "worker/storage/file_lock.h"

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
  auto first = FileLock::Try(path_, kShared);
  ASSERT_TRUE(first);
  EXPECT_TRUE(FileLock::Try(path_, kShared));
  EXPECT_FALSE(FileLock::Try(path_, kExclusive));
  { const FileLock gone = *std::move(first); }
  const auto alone = FileLock::Try(path_, kExclusive);
  EXPECT_TRUE(alone);
  EXPECT_FALSE(FileLock::Try(path_, kShared));
}

TEST_F(FileLockTest, LocksFolders) {
  const std::string folder = folder_.path().string();
  const auto lock = FileLock::Try(folder, kExclusive);
  ASSERT_TRUE(lock);
  EXPECT_FALSE(FileLock::Try(folder, kExclusive));
}

TEST_F(FileLockTest, MakesAFileOnlyWhereItIsAskedTo) {
  const std::string other = folder_.File("other");
  EXPECT_FALSE(FileLock::Try(other, kShared));
  EXPECT_FALSE(std::filesystem::exists(other));
  const auto lock = FileLock::TryNew(other);
  ASSERT_TRUE(lock && *lock);
  EXPECT_TRUE(std::filesystem::exists(other));
  const auto again = FileLock::TryNew(other);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
}

TEST_F(FileLockTest, SaysWhereAFileCannotBeMade) {
  const auto lock = FileLock::TryNew(folder_.File("no/such/folder"));
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace weft::worker
