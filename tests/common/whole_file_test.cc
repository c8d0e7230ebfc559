#include "common/whole_file.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/common/process_limits.h"
#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> NamesIn(const TemporaryFolder& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

TEST(WholeFile, ReplacesWhatWasThereAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  const std::string path = folder.File("report");
  ASSERT_TRUE(WriteWholeFile(path, "the first, which is longer"));
  const std::string bytes("a\0b", 3);
  ASSERT_TRUE(WriteWholeFile(path, bytes));
  EXPECT_EQ(Read(path), bytes);
  EXPECT_THAT(NamesIn(folder), ElementsAre("report"));
}

TEST(WholeFile, IsForWhomTheUmaskLets) {
  const TemporaryFolder folder;
  const mode_t before = umask(027);
  ASSERT_TRUE(WriteWholeFile(folder.File("report"), "text"));
  umask(before);
  EXPECT_EQ(fs::status(folder.File("report")).permissions(), fs::perms{0640});
}

TEST(WholeFile, SaysWhichFileCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string nowhere = folder.File("nowhere/report");
  const Status missing = WriteWholeFile(nowhere, "text");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr(nowhere + ": No such file"));

  const std::string taken = folder.File("taken");
  fs::create_directory(taken);
  std::ofstream(taken + "/inside") << "something";
  EXPECT_FALSE(WriteWholeFile(taken, "text"));
  EXPECT_THAT(NamesIn(folder), ElementsAre("taken"));
}

TEST(WholeFile, LeavesTheOldOneWhereTheNewOneHasNoRoom) {
  const TemporaryFolder folder;
  const std::string path = folder.File("report");
  ASSERT_TRUE(WriteWholeFile(path, "old"));
  {
    const FileSizeLimit limit(4);
    const Status written = WriteWholeFile(path, "too long");
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message(), HasSubstr(path + ": File too large"));
  }
  EXPECT_EQ(Read(path), "old");
  EXPECT_THAT(NamesIn(folder), ElementsAre("report"));
}

TEST(WholeFile, IsWholeWhoeverElseWritesIt) {
  const TemporaryFolder folder;
  const std::string path = folder.File("film.look");
  const std::string ours(3'000'000, 'a');
  const std::string theirs(2'000'000, 'b');
  constexpr int kTimes = 20;
  std::thread other([&] {
    for (int i = 0; i < kTimes; ++i) {
      EXPECT_TRUE(WriteWholeFile(path, theirs));
    }
  });
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_TRUE(WriteWholeFile(path, ours));
    const std::string found = Read(path);
    EXPECT_TRUE(found == ours || found == theirs) << found.size();
  }
  other.join();
  EXPECT_THAT(NamesIn(folder), ElementsAre("film.look"));
}

TEST(WholeFile, TakesAwayWhatAKilledWriterHasLeftADayAgo) {
  const TemporaryFolder folder;
  const std::string old = ".other.look.weft-0123abcd";
  const std::string young = ".film.look.weft-0123abce";
  const std::string not_ours = ".film.look.weft-partial";
  for (const std::string& name : {old, young, not_ours}) {
    std::ofstream(folder.File(name)) << "half";
  }
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(25);
  fs::last_write_time(folder.File(old), long_ago);
  fs::last_write_time(folder.File(not_ours), long_ago);
  ASSERT_TRUE(WriteWholeFile(folder.File("film.look"), "whole"));
  EXPECT_THAT(NamesIn(folder), ElementsAre(young, not_ours, "film.look"));
}

}  // namespace
}  // namespace weft
