#include "common/file_stamps.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::StartsWith;

class FileStampsTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.File(name)).parent_path());
    std::ofstream(folder_.File(name)) << text;
  }

  TemporaryFolder folder_;
};

TEST_F(FileStampsTest, AFolderCountsWithTheFilesThatAModelIsReadFrom) {
  Write("m/unet/w.safetensors", "weights");
  Write("m/index.json", "{}");
  Write("m/tokenizer/merges.txt", "a b");
  Write("m/README.md", "read me");
  EXPECT_THAT(
      StampsOf(folder_.File("m")).value(),
      ElementsAre(Key("index.json"), Key("tokenizer/merges.txt"), Key("unet/w.safetensors")));
}

TEST_F(FileStampsTest, AFileCountsWithTheConfigFolderBesideIt) {
  Write("m.safetensors", "weights");
  const FileStamps alone = StampsOf(folder_.File("m.safetensors")).value();
  EXPECT_THAT(alone, ElementsAre(Key("")));
  EXPECT_THAT(alone.at(""), StartsWith("7 bytes, changed at "));
  Write("m.config/vae/config.json", "{}");
  EXPECT_THAT(StampsOf(folder_.File("m.safetensors")).value(),
              ElementsAre(Key(""), Key("m.config/vae/config.json")));
}

TEST_F(FileStampsTest, AReplacedFileHasAnotherStamp) {
  Write("f", "one");
  const FileStamps before = StampsOf(folder_.File("f")).value();
  const auto time = std::filesystem::last_write_time(folder_.File("f"));
  std::filesystem::last_write_time(folder_.File("f"), time + std::chrono::seconds(1));
  EXPECT_NE(StampsOf(folder_.File("f")).value(), before);
  std::filesystem::last_write_time(folder_.File("f"), time);
  EXPECT_EQ(StampsOf(folder_.File("f")).value(), before);
}

TEST_F(FileStampsTest, AMissingFileIsNamed) {
  const Result<FileStamps> none = StampsOf(folder_.File("none"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(none.error().message(), HasSubstr(folder_.File("none")));
}

}  // namespace
}  // namespace weft
