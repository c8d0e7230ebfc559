#include "worker/storage/own_folder.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class OwnFolderTest : public ::testing::Test {
 protected:
  std::string Parent() { return folder_.File("outgoing"); }

  TemporaryFolder folder_;
};

TEST_F(OwnFolderTest, GoesWithItsFiles) {
  std::string path;
  {
    const OwnFolder own = *OwnFolder::Open(Parent());
    path = own.Path();
    std::ofstream(path + "/neon.mp4.seams.json") << "{}";
    std::ofstream(path + "/neon.mp4") << "film";
    std::ofstream(path + "/another") << "x";
    EXPECT_THAT(own.FilesNamedAs("neon.mp4"), ElementsAre("neon.mp4", "neon.mp4.seams.json"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(OwnFolderTest, StaysWithAHiddenFileUntilTheNextOneOpens) {
  std::string path;
  {
    const OwnFolder own = *OwnFolder::Open(Parent());
    path = own.Path();
    std::ofstream(path + "/.note") << "to do";
    std::ofstream(path + "/neon.mp4") << "film";
  }
  EXPECT_TRUE(fs::exists(path + "/.note"));
  EXPECT_FALSE(fs::exists(path + "/neon.mp4"));
  std::string told;
  const OwnFolder next = *OwnFolder::Open(Parent(), [&](const std::string& left) {
    EXPECT_TRUE(fs::exists(left + "/.note"));
    told = left;
  });
  EXPECT_EQ(told, path);
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(OwnFolderTest, LeavesThoseOfOthersAloneAsLongAsTheyLive) {
  const OwnFolder own = *OwnFolder::Open(Parent());
  const OwnFolder other = *OwnFolder::Open(Parent());
  EXPECT_NE(own.Path(), other.Path());
  EXPECT_TRUE(fs::exists(own.Path()));
}

TEST_F(OwnFolderTest, SaysWhereNoneCanBeMadeAndLeavesNothing) {
  fs::create_directories(Parent() + "/.gate");
  const auto own = OwnFolder::Open(Parent());
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(own.error().message().find(Parent() + "/.gate"), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(Parent()), fs::directory_iterator()), 1);
}

TEST_F(OwnFolderTest, TakesAwayWhatAKilledProcessHasLeft) {
  const pid_t killed = fork();
  if (killed == 0) {
    const OwnFolder own = *OwnFolder::Open(Parent());
    std::ofstream(own.Path() + "/neon.mp4") << "half a film";
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(killed, &status, 0), killed);
  int told = 0;
  const OwnFolder next = *OwnFolder::Open(Parent(), [&](const std::string& /*left*/) { ++told; });
  EXPECT_EQ(told, 1);
  int folders = 0;
  for (const auto& entry : fs::directory_iterator(Parent())) {
    folders += entry.is_directory() ? 1 : 0;
  }
  EXPECT_EQ(folders, 1) << "its own";
}

}  // namespace
}  // namespace weft::worker
