#include "coordinator/cli/state_folder.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StateFolderTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<StateFolder> Open() const {
    Result<std::unique_ptr<StateFolder>> state = StateFolder::Open(path_);
    EXPECT_TRUE(state) << state.error().message();
    return std::move(state).value();
  }

  // As the server and the workers do.
  void Work() const {
    fs::create_directories(fs::path(path_) / "ledger");
    fs::create_directories(fs::path(path_) / "blobs");
    std::ofstream(fs::path(path_) / "blobs" / "000001.blob") << "latents";
    std::ofstream(fs::path(path_) / "worker-0.log") << "log";
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.File("out.mp4.weft");
  JobFacts facts_ = {{"steps", "20"}, {"seed", "1"}};
};

TEST_F(StateFolderTest, IsReadableByItsOwnerAlone) {
  const auto state = Open();
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
}

TEST_F(StateFolderTest, IsTheSameJobsWhenItComesAgain) {
  {
    const auto state = Open();
    ASSERT_TRUE(state->Claim(facts_));
    EXPECT_FALSE(state->resumed());
  }
  const auto state = Open();
  ASSERT_TRUE(state->Claim(facts_));
  EXPECT_TRUE(state->resumed());
}

TEST_F(StateFolderTest, RefusesAnotherJobAndSaysWhatDiffers) {
  ASSERT_TRUE(Open()->Claim(facts_));
  const Status claimed = Open()->Claim({{"steps", "30"}, {"seed", "1"}});
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(claimed.error().message(), HasSubstr("steps: 20, now 30"));
  EXPECT_THAT(claimed.error().message(), HasSubstr("--state DIR"));
  EXPECT_TRUE(fs::exists(fs::path(path_) / "job.json"));
}

TEST_F(StateFolderTest, IsUsedByOneAtATime) {
  const auto first = Open();
  const auto second = StateFolder::Open(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(second.error().message(), HasSubstr("process " + std::to_string(::getpid())));
}

TEST_F(StateFolderTest, IsGoneWhenRemoved) {
  auto state = Open();
  ASSERT_TRUE(state->Claim(facts_));
  Work();
  ASSERT_TRUE(state->Remove());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(StateFolderTest, IsGoneWhenRemovedAfterAResume) {
  ASSERT_TRUE(Open()->Claim(facts_));
  Work();
  auto state = Open();
  ASSERT_TRUE(state->Claim(facts_));
  ASSERT_TRUE(state->Remove());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(StateFolderTest, LeavesTheUsersFilesAndFolder) {
  fs::create_directory(path_);
  std::ofstream(fs::path(path_) / "notes.txt") << "mine";
  {
    auto state = Open();
    ASSERT_TRUE(state->Claim(facts_));
    Work();
    ASSERT_TRUE(state->Remove());
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(path_), fs::directory_iterator()), 1);
  EXPECT_TRUE(fs::exists(fs::path(path_) / "notes.txt"));
}

TEST_F(StateFolderTest, KeepsAFolderThatTheUserMade) {
  fs::create_directory(path_);
  ASSERT_TRUE(Open()->Claim(facts_));
  auto state = Open();
  ASSERT_TRUE(state->Claim(facts_));
  ASSERT_TRUE(state->Remove());
  EXPECT_TRUE(fs::is_empty(path_));
}

TEST_F(StateFolderTest, NeverTakesWhatItDidNotMake) {
  fs::create_directory(path_);
  fs::create_directory(fs::path(path_) / "blobs");
  auto state = Open();
  const Status claimed = state->Claim(facts_);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(claimed.error().message(), HasSubstr("\"blobs\""));
}

TEST_F(StateFolderTest, IsTakenAfterACrashThatLeftHalfANote) {
  static_cast<void>(Open());
  std::filesystem::create_directories(path_);
  std::ofstream(std::filesystem::path(path_) / "job.json.new") << "{";
  {
    const auto state = Open();
    ASSERT_TRUE(state->Claim(facts_));
    EXPECT_FALSE(state->resumed());
  }
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(path_) / "job.json.new"));
  EXPECT_TRUE(Open()->Claim(facts_));
}

TEST_F(StateFolderTest, RefusesADamagedNote) {
  ASSERT_TRUE(Open()->Claim(facts_));
  std::ofstream(fs::path(path_) / "job.json") << "{\"facts\": 3}";
  EXPECT_EQ(Open()->Claim(facts_).error().code(), ErrorCode::kDataLoss);
}

TEST_F(StateFolderTest, SaysThatItCannotBeMade) {
  std::ofstream(folder_.File("file")) << "a file";
  const auto inside_file = StateFolder::Open(folder_.File("file") + "/state");
  ASSERT_FALSE(inside_file);
  EXPECT_THAT(inside_file.error().message(), HasSubstr("cannot make the state folder"));
  const auto nowhere = StateFolder::Open(folder_.File("none") + "/state");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_FALSE(StateFolder::Open(folder_.File("file")));
}

TEST(IsWorthKeeping, UnlessTheInputIsAtFault) {
  v1::JobStatus status;
  status.set_frames_total(6);
  status.set_frames_done(5);
  EXPECT_FALSE(IsWorthKeeping(status, ErrorCode::kInvalidArgument));
  EXPECT_FALSE(IsWorthKeeping(status, ErrorCode::kNotFound));
  EXPECT_TRUE(IsWorthKeeping(status, ErrorCode::kNoSpace));
  EXPECT_TRUE(IsWorthKeeping(status, ErrorCode::kPermissionDenied));
  EXPECT_TRUE(IsWorthKeeping(status, ErrorCode::kUnavailable));
  EXPECT_TRUE(IsWorthKeeping(status, ErrorCode::kCancelled));
  status.set_frames_done(6);
  EXPECT_TRUE(IsWorthKeeping(status, ErrorCode::kNotFound)) << "of the output's folder, by now";
  EXPECT_FALSE(IsWorthKeeping({}, ErrorCode::kNotFound)) << "no clip was found";
}

}  // namespace
}  // namespace weft::cli
