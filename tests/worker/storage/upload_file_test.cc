#include "worker/storage/upload_file.h"

#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/storage/sha256_sum.h"
#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

using ::testing::HasSubstr;

class UploadFileTest : public ::testing::Test {
 protected:
  UploadFileTest() {
    for (std::size_t i = 0; i < content_.size(); i += 1000) {
      content_[i] = static_cast<char>('a' + i / 1000 % 26);
    }
    Sha256Sum sum;
    sum.Add(content_);
    place_ = {"ada", sum.Take(), content_.size(), "clip.mp4"};
    for (std::uint32_t piece = 0; piece < place_.PieceCount(); ++piece) {
      EXPECT_TRUE(blobs_.Put(place_.PieceKey(piece), Piece(piece)));
    }
  }

  [[nodiscard]] std::string Piece(std::uint32_t piece) const {
    return content_.substr(piece * kUploadPieceBytes, kUploadPieceBytes);
  }

  Status Read() { return ReadUpload(place_, blobs_, path_, {}); }

  [[nodiscard]] std::string Here() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void Leave(const std::string& part) const { std::ofstream(path_, std::ios::binary) << part; }

  TemporaryFolder folder_;
  std::string path_ = folder_.File("clip.part");
  std::string content_ = std::string(2 * kUploadPieceBytes + 12345, 'x');
  UploadPlace place_;
  MemoryBlobStore blobs_;
};

TEST_F(UploadFileTest, PutsThePiecesTogether) {
  ASSERT_EQ(place_.PieceCount(), 3U);
  ASSERT_TRUE(Read());
  EXPECT_TRUE(Here() == content_);
}

TEST_F(UploadFileTest, GoesOnBehindTheLastWholePiece) {
  Leave(content_.substr(0, kUploadPieceBytes + 17));
  ASSERT_TRUE(blobs_.DeletePrefix(place_.PieceKey(0)));  // It is here.
  ASSERT_TRUE(Read());
  EXPECT_TRUE(Here() == content_);
  ASSERT_TRUE(blobs_.DeletePrefix("uploads/"));
  EXPECT_TRUE(Read()) << "the whole file is here";
}

TEST_F(UploadFileTest, BeginsAnewWhereMoreIsHereThanTheFileHas) {
  Leave(content_ + "and more");
  ASSERT_TRUE(Read());
  EXPECT_TRUE(Here() == content_);
}

TEST_F(UploadFileTest, SaysWhatIsNotThere) {
  ASSERT_TRUE(blobs_.DeletePrefix(place_.PieceKey(1)));
  const Status read = Read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(read.error().message(), HasSubstr(place_.Url()));
}

TEST_F(UploadFileTest, DropsWhatIsNotTheFileThatWasAnnounced) {
  ASSERT_TRUE(blobs_.DeletePrefix(place_.PieceKey(1)));
  ASSERT_TRUE(blobs_.Put(place_.PieceKey(1), std::string(kUploadPieceBytes, 'y')));
  const Status read = Read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(blobs_.List("uploads/")->empty()) << "so that it can be handed in anew";
  EXPECT_EQ(Here(), "");
}

TEST_F(UploadFileTest, LeavesWhatWasHandedInWhereOnlyTheCopyIsDamaged) {
  std::string damaged = content_;
  damaged[7] = 'y';
  Leave(damaged);
  const Status read = Read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(read.error().message(), HasSubstr("is the disk sound?"));
  EXPECT_EQ(blobs_.List("uploads/")->size(), place_.PieceCount());
  ASSERT_TRUE(Read()) << "it begins anew";
  EXPECT_TRUE(Here() == content_);
}

TEST_F(UploadFileTest, StopsBetweenPieces) {
  int asked = 0;
  const Status read = ReadUpload(place_, blobs_, path_, [&] { return ++asked > 1; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(Here() == Piece(0));
}

}  // namespace
}  // namespace weft::worker
