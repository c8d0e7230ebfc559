#include "common/blob/blob_files.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/process_limits.h"
#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BlobFilesTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  const BlobFiles files_{folder_.File("large")};
};

TEST_F(BlobFilesTest, GiveBackWhatWasWritten) {
  ASSERT_TRUE(files_.Write(7, "seven"));
  ASSERT_TRUE(files_.Write(1'000'007, "a million more"));
  EXPECT_EQ(files_.Read(7, 5).value(), "seven");
  EXPECT_EQ(files_.Read(1'000'007, 14).value(), "a million more");
}

TEST_F(BlobFilesTest, AreWrittenOverWhereACrashLeftOne) {
  ASSERT_TRUE(files_.Write(7, "what was not noted down"));
  ASSERT_TRUE(files_.Write(7, "new"));
  EXPECT_EQ(files_.Read(7, 3).value(), "new");
}

TEST_F(BlobFilesTest, SayWhenAFileIsGoneOrCutShort) {
  EXPECT_EQ(files_.Read(7, 5).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(files_.Write(7, "seven"));
  EXPECT_EQ(files_.Read(7, 6).error().code(), ErrorCode::kDataLoss);
}

TEST_F(BlobFilesTest, AreListedByNumberWithoutWhatIsNotOurs) {
  EXPECT_THAT(files_.List(), IsEmpty());
  for (const BlobFiles::Number number : {3U, 20U, 100'000U}) {
    ASSERT_TRUE(files_.Write(number, "x"));
  }
  std::ofstream(folder_.File("large/notes.txt")) << "an operator's";
  files_.Remove(20);
  files_.Remove(21);
  EXPECT_THAT(files_.List(), ElementsAre(3U, 100'000U));
}

TEST_F(BlobFilesTest, LeaveNothingWhereBytesOrNameAreNotDurable) {
  ASSERT_TRUE(files_.Write(1, "makes the folder"));
  {
    const FileSizeLimit limit(4);
    EXPECT_FALSE(files_.Write(2, "too long"));
  }
  {
    const DescriptorLimit limit(1);  // For the file, and none for its folder.
    EXPECT_FALSE(files_.Write(3, "x"));
  }
  EXPECT_THAT(files_.List(), ElementsAre(1U));
}

TEST_F(BlobFilesTest, SayWhereTheyCannotBeWritten) {
  std::ofstream(folder_.File("large")) << "in the way";
  const Status written = files_.Write(1, "x");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), ::testing::HasSubstr("large/0"));
}

}  // namespace
}  // namespace weft
