#include "worker/storage/file_names.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

class FileNamesTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name) {
    std::ofstream(folder_.File(name)) << name;
    return folder_.File(name);
  }

  // Of the folder of names, folders included.
  [[nodiscard]] std::size_t Entries() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(names_)) {
      count += entry.path().filename() == ".gate" ? 0 : 1;
    }
    return count;
  }

  TemporaryFolder folder_;
  const std::string names_ = folder_.File("names");
};

TEST_F(FileNamesTest, LeadToTheFileAndStayTheSame) {
  const std::string file = File("1f-night_sky.safetensors");
  const std::string path = FileNames::Open(names_)->Name(file, "night sky.safetensors").value();
  EXPECT_EQ(fs::path(path).filename(), "night sky.safetensors");
  EXPECT_EQ(fs::canonical(path), fs::canonical(file));
  EXPECT_EQ(FileNames::Open(names_)->Name(file, "night sky.safetensors").value(), path);
}

TEST_F(FileNamesTest, MakeFoldersOfFiles) {
  const std::map<std::string, std::string> files = {
      {"dream/model_index.json", File("1f-model_index.json")},
      {"dream/unet/config.json", File("2f-config.json")}};
  const std::string tree = FileNames::Open(names_)->Tree(files).value();
  for (const auto& [name, file] : files) {
    EXPECT_EQ(fs::canonical(tree + "/" + name), fs::canonical(file));
  }
  EXPECT_EQ(FileNames::Open(names_)->Tree(files).value(), tree);
  const std::string other =
      FileNames::Open(names_)->Tree({{"dream/unet/config.json", File("3f-config.json")}}).value();
  EXPECT_NE(other, tree);
  for (const auto& [name, file] : files) {
    fs::remove(file);
  }
  ASSERT_TRUE(FileNames::Open(names_));
  EXPECT_FALSE(fs::exists(tree));
  EXPECT_TRUE(fs::exists(other + "/dream/unet/config.json"));
}

TEST_F(FileNamesTest, GoWithTheirFiles) {
  const std::string gone = File("1f-sky.safetensors");
  const std::string stays = File("2f-sky.safetensors");
  std::string path;
  {
    auto names = FileNames::Open(names_);
    ASSERT_TRUE(names->Name(gone, "sky.safetensors"));
    path = names->Name(stays, "sky.safetensors").value();
  }
  EXPECT_EQ(Entries(), 4U);
  fs::remove(gone);
  ASSERT_TRUE(FileNames::Open(names_));
  EXPECT_EQ(Entries(), 2U);
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(FileNamesTest, AFileThatIsBackHasItsNameAgain) {
  const std::string file = File("1f-sky.safetensors");
  const std::string path = FileNames::Open(names_)->Name(file, "sky.safetensors").value();
  fs::remove(file);
  ASSERT_TRUE(FileNames::Open(names_));
  EXPECT_EQ(Entries(), 0U);
  File("1f-sky.safetensors");
  EXPECT_EQ(FileNames::Open(names_)->Name(file, "sky.safetensors").value(), path);
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(FileNamesTest, NobodyTakesAwayWhatAnotherGives) {
  const std::string file = File("1f-sky.safetensors");
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop) {
      ASSERT_TRUE(FileNames::Open(names_));
    }
  });
  for (int i = 0; i < 200; ++i) {
    auto names = FileNames::Open(names_);
    const auto path = names->Name(file, "sky" + std::to_string(i));
    ASSERT_TRUE(path) << path.error().message();
    ASSERT_TRUE(fs::exists(*path));
  }
  stop = true;
  other.join();
  EXPECT_EQ(Entries(), 201U);
}

TEST_F(FileNamesTest, SayWhereNothingCanBeWritten) {
  std::ofstream(names_) << "a file";
  const auto names = FileNames::Open(names_);
  ASSERT_FALSE(names);
  EXPECT_NE(names.error().message().find(names_), std::string::npos);
}

}  // namespace
}  // namespace weft::worker
