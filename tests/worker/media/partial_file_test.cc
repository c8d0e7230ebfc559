#include "worker/media/partial_file.h"

#include <filesystem>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/worker/media/scratch.h"

namespace weft::media {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PartialFile, AppearsOnlyWhenPublished) {
  Scratch scratch;
  {
    auto file = PartialFile::Create(scratch.Path("out.mp4"));
    ASSERT_TRUE(file);
    std::ofstream(file->path()) << "whole";
    EXPECT_THAT(scratch.Names(), ElementsAre(".out.mp4.weft-partial"));
    ASSERT_TRUE(file->Publish());
  }
  EXPECT_THAT(scratch.Names(), ElementsAre("out.mp4"));
  EXPECT_EQ(BytesOf(scratch.Path("out.mp4")), "whole");
}

TEST(PartialFile, IsGoneWhenItIsNotPublished) {
  Scratch scratch;
  scratch.Write("out.mp4", "old");
  { ASSERT_TRUE(PartialFile::Create(scratch.Path("out.mp4"))); }
  EXPECT_THAT(scratch.Names(), ElementsAre("out.mp4"));
  EXPECT_EQ(BytesOf(scratch.Path("out.mp4")), "old");
}

TEST(PartialFile, FollowsNoLinkThatSomebodyMade) {
  Scratch scratch;
  const std::string victim = scratch.Path("victim");
  std::ofstream(victim) << "precious";
  std::filesystem::create_symlink(victim, scratch.Path(".out.mp4.weft-partial"));
  const auto refused = PartialFile::Create(scratch.Path("out.mp4"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("cannot write"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(victim), 8U);
}

TEST(PartialFile, ReplacesWhatACrashLeftAndTheFileBefore) {
  Scratch scratch;
  scratch.Write("out.mp4", "old");
  scratch.Write(".out.mp4.weft-partial", "half written");
  auto file = PartialFile::Create(scratch.Path("out.mp4"));
  ASSERT_TRUE(file);
  std::ofstream(file->path()) << "new";
  ASSERT_TRUE(file->Publish());
  EXPECT_EQ(BytesOf(scratch.Path("out.mp4")), "new");
  EXPECT_THAT(scratch.Names(), ElementsAre("out.mp4"));
}

TEST(PartialFile, HasOneWriterAtATime) {
  Scratch scratch;
  std::optional<PartialFile> first;
  first.emplace(PartialFile::Create(scratch.Path("out.mp4")).value());
  EXPECT_EQ(PartialFile::Create(scratch.Path("out.mp4")).error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(PartialFile::Create(scratch.Path("other.mp4")));
  first.reset();
  EXPECT_TRUE(PartialFile::Create(scratch.Path("out.mp4")));
}

TEST(PartialFile, NeedsAFolderThatMayBeWrittenTo) {
  Scratch scratch;
  EXPECT_EQ(PartialFile::Create(scratch.Path("none/out.mp4")).error().code(), ErrorCode::kNotFound);
  scratch.Write("file", "");
  EXPECT_EQ(PartialFile::Create(scratch.Path("file/out.mp4")).error().code(), ErrorCode::kNotFound);
  if (geteuid() != 0) {  // Root may write everywhere.
    chmod(scratch.Path("").c_str(), 0500);
    EXPECT_EQ(PartialFile::Create(scratch.Path("out.mp4")).error().code(),
              ErrorCode::kPermissionDenied);
    chmod(scratch.Path("").c_str(), 0700);
  }
}

}  // namespace
}  // namespace weft::media
