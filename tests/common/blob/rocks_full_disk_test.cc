// A full disk, in a process of its own: RocksDB's threads do not survive a fork.

#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/blob/rocks_blob_store.h"
#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

// Room comes back once RocksDB's own thread has removed the files of what was deleted.
Status PutBeforeLong(BlobStore& store, const std::string& key, const std::string& bytes) {
  constexpr int kTriesMax = 200;
  Status put = store.Put(key, bytes);
  for (int tries = 1; tries < kTriesMax && !put && put.error().code() == ErrorCode::kNoSpace;
       ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    put = store.Put(key, bytes);
  }
  return put;
}

// Fills the disk of `folder`; 0 if the store took it well. RocksDB on its own would abort the
// process.
int FillTheDisk(const std::string& folder, std::size_t blob_bytes) {
  int stored = 0;
  {
    const auto store = OpenRocksBlobStore(folder).value();
    const std::string bytes = std::string(blob_bytes, 'x');
    Status put = store->Put("0", bytes);
    while (put && stored < 100'000) {
      ++stored;
      put = store->Put(std::to_string(stored), bytes);
    }
    if (put || put.error().code() != ErrorCode::kNoSpace || stored < 5) {
      return 1;
    }
    for (int i = 0; i < stored; ++i) {
      if (!store->Get(std::to_string(i))) {
        return 2;
      }
    }
    const Status deleted = store->DeletePrefix("");
    const Status again = deleted ? PutBeforeLong(*store, "again", bytes) : deleted;
    if (!again) {
      std::cerr << again.error().message() << "\n";
      return 3;
    }
  }
  return OpenRocksBlobStore(folder).value()->Get("again").has_value() ? 0 : 4;
}

class FullDisk : public ::testing::TestWithParam<std::size_t> {};

// In RocksDB, and in files of their own.
INSTANTIATE_TEST_SUITE_P(Blobs, FullDisk, ::testing::Values(60'000, 4 << 20));

TEST_P(FullDisk, RefusesBlobsBeforeItIsReached) {
  const TemporaryFolder folder;
  constexpr int kNoMount = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    // A small disk of this process's own.
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
      ::_exit(kNoMount);
    }
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=160m") != 0) {
      ::_exit(kNoMount);
    }
    const int outcome = FillTheDisk(folder.File("blobs"), GetParam());
    // In a chroot, whose root is no mount to make private, the tmpfs may be seen outside too.
    ::umount2(folder.path().c_str(), MNT_DETACH);
    ::_exit(outcome);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == kNoMount) {
    GTEST_SKIP() << "this machine does not let a test mount a tmpfs";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace weft
