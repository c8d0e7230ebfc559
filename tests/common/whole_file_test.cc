#include "common/whole_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(WholeFile, ReplacesWhatWasThereAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  const std::string path = folder.File("report");
  ASSERT_TRUE(WriteWholeFile(path, "the first, which is longer"));
  const std::string bytes("a\0b", 3);
  ASSERT_TRUE(WriteWholeFile(path, bytes));
  EXPECT_EQ(Read(path), bytes);
  const std::filesystem::directory_iterator entries(folder.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(WholeFile, SaysWhichFileCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string nowhere = folder.File("nowhere/report");
  const Status missing = WriteWholeFile(nowhere, "text");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find(nowhere), std::string::npos);

  const std::string taken = folder.File("taken");
  std::filesystem::create_directory(taken);
  std::ofstream(taken + "/inside") << "something";
  EXPECT_FALSE(WriteWholeFile(taken, "text"));
  EXPECT_FALSE(std::filesystem::exists(taken + ".partial"));
}

}  // namespace
}  // namespace weft
