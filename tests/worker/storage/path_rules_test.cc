#include "worker/storage/path_rules.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

v1::Task TaskWith(const std::string& input) {
  v1::Task task;
  task.mutable_job()->set_input_path(input);
  return task;
}

TEST(PathRules, MapsAreReadAndWrongOnesNamed) {
  const PathMap map = ParsePathMap("/srv/weft/=/mnt/studio").value();
  EXPECT_EQ(map.from, "/srv/weft");
  EXPECT_EQ(map.to, "/mnt/studio");
  for (const char* wrong : {"", "/srv", "=/mnt", "/srv=", "srv=/mnt", "/srv=mnt"}) {
    const auto read = ParsePathMap(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(read.error().message(), HasSubstr("FROM=TO"));
  }
}

TEST(PathRules, TheLongestMapOfWholeNamesCounts) {
  const PathRules rules{{{"/srv", "/a"}, {"/srv/weft", "/b"}, {"/disk", "/"}}, {}};
  const auto here = [&](const std::string& path) {
    return Locate(TaskWith(path), rules)->job().input_path();
  };
  EXPECT_EQ(here("/srv/weft/clip.mp4"), "/b/clip.mp4");
  EXPECT_EQ(here("/srv/clip.mp4"), "/a/clip.mp4");
  EXPECT_EQ(here("/srv2/clip.mp4"), "/srv2/clip.mp4");
  EXPECT_EQ(here("/srv"), "/a");
  EXPECT_EQ(here("/disk/clip.mp4"), "/clip.mp4");
  EXPECT_EQ(here("s3://srv/clip.mp4"), "s3://srv/clip.mp4");
  EXPECT_EQ(here(""), "");
}

TEST(PathRules, HoldForAllThatAJobNames) {
  v1::Task task;
  v1::JobSpec& job = *task.mutable_job();
  for (std::string* const path :
       {job.mutable_input_path(), job.mutable_output_path(), job.mutable_model_path(),
        job.mutable_vae_path(), job.mutable_tokenizer_path(), job.mutable_guide_path(),
        job.mutable_keys_path(), job.mutable_look_path(), job.mutable_save_look_path(),
        job.add_loras()->mutable_path(), job.add_embedding_paths(),
        job.add_controls()->mutable_net_path(), job.mutable_controls(0)->mutable_maps_path()}) {
    *path = "/out/file";
    const auto refused = Locate(task, {{}, {"/in"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied);
    EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("/out/file"), HasSubstr("/in")));
    *path = "/in/file";
    EXPECT_TRUE(Locate(task, {{}, {"/in"}}));
    EXPECT_FALSE(Locate(task, {{{"/in", "/out"}}, {"/in"}})) << "the mapped one counts";
  }
}

TEST(PathRules, ARootThatCannotBeFoundOpensNothing) {
  const TemporaryFolder folder;
  const std::string lost = folder.File("lost");
  fs::create_symlink(lost, lost);  // Leads to itself.
  for (const std::string& root : {lost, lost + "/below"}) {
    const auto refused = Locate(TaskWith("/srv/clip.mp4"), {{}, {root}});
    ASSERT_FALSE(refused) << root;
    EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied);
    EXPECT_TRUE(Locate(TaskWith("/srv/clip.mp4"), {{}, {root, "/srv"}})) << "another is there";
  }
}

TEST(PathRules, NoWayLeadsOutOfTheRoots) {
  const TemporaryFolder folder;
  const std::string root = folder.File("root");
  fs::create_directories(root + "/clips");
  fs::create_directory(folder.File("root2"));
  std::ofstream(folder.File("secret")) << "secret";
  fs::create_symlink(folder.File("secret"), root + "/link.mp4");
  fs::create_directory_symlink(folder.path(), root + "/up");
  fs::create_directory_symlink(root, folder.File("way in"));
  const auto is_open = [&](const std::string& path) {
    return Locate(TaskWith(path), {{}, {root + "/"}}).has_value();
  };
  EXPECT_TRUE(is_open(root + "/clips/clip.mp4")) << "it need not be there";
  EXPECT_TRUE(is_open(root + "/clips/../clip.mp4"));
  EXPECT_TRUE(is_open(folder.File("way in") + "/clip.mp4"));
  EXPECT_FALSE(is_open(root + "/../secret"));
  EXPECT_FALSE(is_open(root + "/link.mp4"));
  EXPECT_FALSE(is_open(root + "/up/secret"));
  EXPECT_FALSE(is_open(root + "/up/not yet there"));
  EXPECT_FALSE(is_open(folder.File("root2") + "/clip.mp4"));
  EXPECT_FALSE(is_open("/etc/passwd"));
}

}  // namespace
}  // namespace weft::worker
