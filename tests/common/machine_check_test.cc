#include "common/machine_check.h"

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;

constexpr std::uint64_t kFar = std::uint64_t{1} << 62;

WallTime At(std::time_t seconds) {
  return std::chrono::system_clock::from_time_t(seconds);
}

TEST(MachineCheck, RaisesTheLimitOfDescriptorsAsFarAsItMay) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_FALSE(CheckDescriptors(before.rlim_max, "one for each worker").has_value());
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
}

TEST(MachineCheck, SaysThatTooFewDescriptorsMayBeOpen) {
  const auto finding = CheckDescriptors(kFar, "one for each worker");
  ASSERT_TRUE(finding.has_value());
  EXPECT_FALSE(finding->is_fatal);
  EXPECT_THAT(finding->text, HasSubstr("one for each worker"));
  EXPECT_THAT(finding->text, HasSubstr("LimitNOFILE"));
}

TEST(MachineCheck, WritesIntoAFolderAndLeavesNothing) {
  const TemporaryFolder folder;
  EXPECT_FALSE(CheckFolder(folder.File("state")).has_value());
  EXPECT_TRUE(std::filesystem::is_empty(folder.File("state")));
}

TEST(MachineCheck, AFileIsNoFolderToWriteIn) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("state")) << "x";
  const auto finding = CheckFolder(folder.File("state"));
  ASSERT_TRUE(finding.has_value());
  EXPECT_TRUE(finding->is_fatal);
  EXPECT_THAT(finding->text, HasSubstr(folder.File("state")));
}

TEST(MachineCheck, AFolderWithoutRoomForAFileIsNamed) {
  ASSERT_EQ(::access("/dev/full", F_OK), 0) << "Linux has it";
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/full", folder.File("write-check"));
  const auto finding = CheckFolder(folder.path().string());
  ASSERT_TRUE(finding.has_value());
  EXPECT_TRUE(finding->is_fatal);
  EXPECT_THAT(finding->text, HasSubstr("cannot be written: No space left"));
}

TEST(MachineCheck, SaysHowMuchADiskHasLeft) {
  const TemporaryFolder folder;
  EXPECT_FALSE(CheckFreeDisk(folder.path().string(), 0, "the state folder").has_value());
  const auto finding = CheckFreeDisk(folder.path().string(), kFar, "the state folder");
  ASSERT_TRUE(finding.has_value());
  EXPECT_FALSE(finding->is_fatal);
  EXPECT_THAT(finding->text, HasSubstr("the disk of the state folder (" + folder.path().string()));
}

TEST(MachineCheck, TellsWhichProcessHoldsAFile) {
  const TemporaryFolder folder;
  const std::string path = folder.File("LOCK");
  EXPECT_FALSE(CheckUnlocked(path, "a coordinator").has_value()) << "it is not there";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(file, F_SETLK, &lock), 0);
  const int holder = static_cast<int>(::getpid());
  const pid_t other = ::fork();  // One's own locks are none to oneself.
  if (other == 0) {
    const auto finding = CheckUnlocked(path, "a coordinator");
    const bool names_us = finding.has_value() && finding->is_fatal &&
                          finding->text == "a coordinator runs already on " +
                                               folder.path().string() + ": process " +
                                               std::to_string(holder);
    ::_exit(names_us ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
  ::close(file);
  EXPECT_FALSE(CheckUnlocked(path, "a coordinator").has_value());
}

TEST(MachineCheck, AClockBeforeOurTimeIsWrong) {
  EXPECT_THAT(CheckClock(At(3600), std::nullopt)->text,
              HasSubstr("the clock says 1970-01-01 01:00:00"));
  EXPECT_FALSE(CheckClock(At(1'800'000'000), std::nullopt).has_value());
}

TEST(MachineCheck, AClockBeforeTheLastWriteIsWrong) {
  const WallTime now = At(1'800'000'000);
  EXPECT_FALSE(CheckClock(now, now - hours(1)).has_value());
  EXPECT_FALSE(CheckClock(now, now + std::chrono::minutes(1)).has_value());
  EXPECT_THAT(CheckClock(now, now + hours(2))->text,
              HasSubstr("something was written at 2027-01-15 10:00:00"));
}

TEST(MachineCheck, FindsWhenAFolderWasLastWritten) {
  const TemporaryFolder folder;
  EXPECT_FALSE(LatestWrite(folder.path().string()).has_value());
  EXPECT_FALSE(LatestWrite(folder.File("absent")).has_value());
  std::filesystem::create_directory(folder.File("below"));
  std::ofstream(folder.File("old")) << "x";
  std::ofstream(folder.File("below/new")) << "x";
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(folder.File("old"), now - hours(9));
  std::filesystem::last_write_time(folder.File("below/new"), now + hours(3));
  const auto latest = LatestWrite(folder.path().string());
  ASSERT_TRUE(latest.has_value());
  const auto ahead = *latest - std::chrono::system_clock::now();
  EXPECT_GT(ahead, hours(2));
  EXPECT_LT(ahead, hours(4));
}

}  // namespace
}  // namespace weft
