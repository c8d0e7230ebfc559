#include "common/file_sync.h"

#include <filesystem>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

TEST(FileSync, WritesAllBytes) {
  const TemporaryFolder folder;
  const int file = open(folder.File("file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_FALSE(WriteDurably(file, std::string(1'000'000, 'x')));
  close(file);
  EXPECT_EQ(std::filesystem::file_size(folder.File("file")), 1'000'000U);
  EXPECT_FALSE(SyncFolder(folder.path().string()));
}

TEST(FileSync, SaysWhyBytesAreNotWritten) {
  EXPECT_EQ(WriteDurably(-1, "x"), std::errc::bad_file_descriptor);
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(WriteDurably(full, "x"), std::errc::no_space_on_device);
  close(full);
}

TEST(FileSync, SaysWhyAFolderIsNotSynced) {
  const TemporaryFolder folder;
  EXPECT_EQ(SyncFolder(folder.File("none")), std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace weft
