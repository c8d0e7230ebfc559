#include "worker/storage/staged_output.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/storage/s3_service.h"
#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPartBytes = 5 << 20;
const ObjectPlace kPlace{"reels", "out/neon.mp4"};

S3Patience InParts() {
  return {.tries_max = 2, .pause = std::chrono::milliseconds(1), .part_bytes = kPartBytes};
}

class StagedOutputTest : public ::testing::Test {
 protected:
  StagedOutput Open() {
    auto staged = StagedOutput::Open(Folder(), kPlace, store_);
    EXPECT_TRUE(staged) << staged.error().message();
    return *std::move(staged);
  }

  std::string Folder() { return folder_.File("outgoing"); }

  std::size_t FolderCount() {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(Folder())) {
      count += entry.is_directory() ? 1 : 0;
    }
    return count;
  }

  TemporaryFolder folder_;
  S3Service service_;
  S3Store store_{service_.Access(), InParts()};
};

TEST_F(StagedOutputTest, BecomesAnObjectWithWhatLiesBesideIt) {
  {
    StagedOutput staged = Open();
    std::ofstream(staged.Path()) << "film";
    std::ofstream(staged.Path() + ".seams.json") << "{}";
    std::ofstream(fs::path(staged.Path()).parent_path() / "another.mp4") << "x";
    EXPECT_EQ(service_.Count("objects reels"), 0);
    const Status published = staged.Publish(store_, {});
    ASSERT_TRUE(published) << published.error().message();
  }
  EXPECT_EQ(service_.Count("objects reels"), 2);
  EXPECT_EQ(store_.Look(kPlace, {})->size_bytes, 4U);
  EXPECT_EQ(store_.Look({"reels", "out/neon.mp4.seams.json"}, {})->size_bytes, 2U);
  EXPECT_EQ(FolderCount(), 0U);
}

TEST_F(StagedOutputTest, LeavesOthersAlone) {
  StagedOutput staged = Open();
  std::ofstream(staged.Path()) << "film";
  const StagedOutput other = Open();
  EXPECT_NE(other.Path(), staged.Path());
  EXPECT_TRUE(fs::exists(staged.Path()));
}

TEST_F(StagedOutputTest, EndsWhatAKilledProcessHasLeft) {
  const pid_t killed = fork();
  if (killed == 0) {
    S3Store store(service_.Access(), InParts());
    auto staged = StagedOutput::Open(Folder(), kPlace, store);
    std::ofstream(staged->Path()) << std::string(2 * kPartBytes, 'x');
    TransferWatch watch;
    watch.moved = [](double /*share*/) { raise(SIGKILL); };
    static_cast<void>(staged->Publish(store, watch));
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(killed, &status, 0), killed);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(service_.Count("uploads reels"), 1);
  EXPECT_EQ(FolderCount(), 1U);
  const StagedOutput next = Open();
  EXPECT_EQ(service_.Count("uploads reels"), 0);
  EXPECT_EQ(service_.Count("objects reels"), 0) << "nothing half-written";
  EXPECT_EQ(FolderCount(), 1U) << "its own";
}

TEST_F(StagedOutputTest, LeavesANoteWhereTheStoreIsOutOfReach) {
  {
    StagedOutput staged = Open();
    std::ofstream(staged.Path()) << std::string(2 * kPartBytes, 'x');
    TransferWatch watch;
    watch.moved = [&](double /*share*/) { service_.Tell("fail 503 SlowDown 3"); };
    EXPECT_EQ(staged.Publish(store_, watch).error().code(), ErrorCode::kUnavailable);
    EXPECT_EQ(service_.Count("uploads reels"), 1);
  }
  EXPECT_EQ(FolderCount(), 1U) << "the note";
  { const StagedOutput next = Open(); }
  EXPECT_EQ(service_.Count("uploads reels"), 0);
  EXPECT_EQ(FolderCount(), 0U);
}

TEST_F(StagedOutputTest, ChecksThatItMayBeWritten) {
  StagedOutput staged = Open();
  EXPECT_TRUE(staged.CheckWritable(store_, {}));
  service_.Tell("secret another");
  EXPECT_EQ(staged.CheckWritable(store_, {}).error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(service_.Count("uploads reels"), 0);
}

}  // namespace
}  // namespace weft::worker
