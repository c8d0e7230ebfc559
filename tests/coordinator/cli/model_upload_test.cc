#include "coordinator/cli/model_upload.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/sha256_sum.h"
#include "common/storage/upload_place.h"
#include "coordinator/core/model_check.h"
#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ModelUploadTest : public ::testing::Test {
 protected:
  void Write(const std::string& name) const {
    const fs::path path = folder_.File(name);
    fs::create_directories(path.parent_path());
    std::ofstream(path) << name;
  }

  // Names, after it was seen that the files are there.
  [[nodiscard]] std::vector<std::string> NamesIn(const std::string& place) const {
    const auto files = FilesOfModel(folder_.File(place));
    EXPECT_TRUE(files) << files.error().message();
    std::vector<std::string> names;
    for (const ModelFile& file : files.value_or(std::vector<ModelFile>())) {
      EXPECT_TRUE(fs::equivalent(
          file.path, fs::path(folder_.File(place)).lexically_normal().parent_path() / file.name));
      names.push_back(file.name);
    }
    return names;
  }

  Status Upload(v1::JobSpec& job) {
    return UploadModels(job, [this](const std::string& path) -> Result<std::string> {
      sent_.push_back(fs::path(path).lexically_relative(folder_.path()).string());
      WEFT_ASSIGN_OR_RETURN(std::string sum, Sha256OfFile(path));
      return UploadPlace{"ada", std::move(sum), fs::file_size(path), fs::path(path).filename()}
          .Url();
    });
  }

  TemporaryFolder folder_;
  std::vector<std::string> sent_;
};

TEST_F(ModelUploadTest, TakesWhatIsReadOfADiffusersFolder) {
  for (const char* const name :
       {"dream/model_index.json", "dream/unet/config.json", "dream/unet/weights.safetensors",
        "dream/unet/weights.bin", "dream/safety_checker/weights.safetensors", "dream/README.md",
        "dream/tokenizer/merges.txt"}) {
    Write(name);
  }
  const auto read = ElementsAre("dream/model_index.json", "dream/tokenizer/merges.txt",
                                "dream/unet/config.json", "dream/unet/weights.safetensors");
  EXPECT_THAT(NamesIn("dream"), read);
  EXPECT_EQ(FilesOfModel(folder_.File("dream/"))->size(), 4U) << "or it would have no name";
  EXPECT_THAT(NamesIn("dream/unet"), ElementsAre("unet/config.json", "unet/weights.safetensors"));
}

TEST_F(ModelUploadTest, TakesWhatLiesBesideAFile) {
  Write("dream.safetensors");
  Write("dream.config/unet/config.json");
  Write("other.safetensors");
  EXPECT_THAT(NamesIn("dream.safetensors"),
              ElementsAre("dream.config/unet/config.json", "dream.safetensors"));
  EXPECT_THAT(NamesIn("other.safetensors"), ElementsAre("other.safetensors"));
  EXPECT_FALSE(FilesOfModel(folder_.File("none.safetensors")));
}

TEST_F(ModelUploadTest, NamesEachPlaceInTheJobAndSendsItOnce) {
  Write("dream/model_index.json");
  Write("dream/unet/config.json");
  Write("edge.safetensors");
  v1::JobSpec job;
  job.set_model_path(folder_.File("dream/"));
  job.add_controls()->set_net_path(folder_.File("edge.safetensors"));
  job.add_controls()->set_net_path(folder_.File("edge.safetensors"));
  job.add_controls();
  ASSERT_TRUE(Upload(job));
  EXPECT_THAT(sent_,
              ElementsAre("dream/model_index.json", "dream/unet/config.json", "edge.safetensors"));
  EXPECT_THAT(job.model_path(), HasSubstr("weft://model/"));
  EXPECT_THAT(job.model_path(), HasSubstr("/dream"));
  EXPECT_EQ(job.controls(0).net_path(), job.controls(1).net_path());
  EXPECT_EQ(job.controls(2).net_path(), "");
  EXPECT_EQ(job.models_size(), 2);
  EXPECT_TRUE(coordinator::CheckModels(job));
  EXPECT_TRUE(coordinator::CheckModelPath("model_path", job.model_path(), job));

  const std::string before = job.model_path();
  job = {};
  job.set_model_path(folder_.File("dream"));
  ASSERT_TRUE(Upload(job));
  EXPECT_EQ(job.model_path(), before) << "or workers would load it anew";
  std::ofstream(folder_.File("dream/unet/config.json")) << "changed";
  job = {};
  job.set_model_path(folder_.File("dream"));
  ASSERT_TRUE(Upload(job));
  EXPECT_NE(job.model_path(), before);
}

}  // namespace
}  // namespace weft::cli
