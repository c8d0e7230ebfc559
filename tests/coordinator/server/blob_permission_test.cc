#include "coordinator/server/blob_permission.h"

#include <memory>

#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"

namespace weft::coordinator {
namespace {

const Guest kAda{Role::kSubmit, "ada"};
const Guest kBob{Role::kSubmit, "bob"};
const Guest kWorker{Role::kWorker, "gpu17"};
const Guest kOperator{Role::kOperate, "ops"};
const Guest kAnybody{};
constexpr const char* kLatents = "j-1/denoise/0.0/e1a1/latents";

class BlobPermissionTest : public ::testing::Test {
 protected:
  BlobPermissionTest() { EXPECT_TRUE(book_->Expect(place_, {}, Time{})); }

  [[nodiscard]] bool May(const Guest& guest, const v1::BulkMessage& message) const {
    return !FindObjection(guest, message, *book_).has_value();
  }

  static v1::BulkMessage Put(const std::string& key, std::uint64_t size_bytes) {
    v1::BulkMessage message;
    message.mutable_put_begin()->set_key(key);
    message.mutable_put_begin()->set_size_bytes(size_bytes);
    return message;
  }
  static v1::BulkMessage Get(const std::string& key) {
    v1::BulkMessage message;
    message.mutable_get_begin()->set_key(key);
    return message;
  }
  static v1::BulkMessage List(const std::string& prefix) {
    v1::BulkMessage message;
    message.mutable_list_begin()->set_prefix(prefix);
    return message;
  }
  static v1::BulkMessage Drop(const std::string& prefix) {
    v1::BulkMessage message;
    message.mutable_delete_prefix()->set_prefix(prefix);
    return message;
  }

  const UploadPlace place_{"ada", std::string(64, 'a'), 5, "clip.mp4"};
  std::unique_ptr<UploadBook> book_ =
      *UploadBook::Open(std::make_unique<MemoryBlobStore>(), Time{});
};

TEST_F(BlobPermissionTest, SubmittersBringTheirOwnFilesAndNoOtherBlobs) {
  EXPECT_TRUE(May(kAda, Put(place_.PieceKey(0), 5)));
  EXPECT_FALSE(May(kAda, Put(place_.PieceKey(0), 6)));
  EXPECT_FALSE(May(kBob, Put(place_.PieceKey(0), 5)));
  EXPECT_FALSE(May(kAda, Put(UploadsPrefixOf("ada") + "anything", 5)));
  EXPECT_FALSE(May(kAda, Put(kLatents, 5)));
  EXPECT_TRUE(May(kAda, Drop(place_.Prefix())));
  EXPECT_FALSE(May(kBob, Drop(place_.Prefix())));
  EXPECT_FALSE(May(kAda, Drop(kLatents)));
  EXPECT_FALSE(May(kAda, Drop("")));
  EXPECT_FALSE(May(kAda, Drop("uploads/")));
  v1::BulkMessage piece;
  piece.mutable_piece();
  EXPECT_TRUE(May(kAda, piece));
}

TEST_F(BlobPermissionTest, SubmittersSeeNobodyElsesFiles) {
  EXPECT_TRUE(May(kAda, Get(place_.PieceKey(0))));
  EXPECT_FALSE(May(kBob, Get(place_.PieceKey(0))));
  EXPECT_TRUE(May(kBob, Get(kLatents)));
  EXPECT_TRUE(May(kAda, List(UploadsPrefixOf("ada"))));
  for (const char* const prefix : {"", "up", "uploads/", "uploads/_ada/"}) {
    EXPECT_FALSE(May(kBob, List(prefix))) << prefix;
  }
  EXPECT_TRUE(May(kBob, List("j-1/")));
}

TEST_F(BlobPermissionTest, SubmittersFetchNobodyElsesResults) {
  const std::string attempt = "j-1/assemble/0.0/e1a1/";
  for (const char* const output : {"result/_ada", "result/_ada/0/00000000"}) {
    EXPECT_TRUE(May(kAda, Get(attempt + output)));
    EXPECT_FALSE(May(kBob, Get(attempt + output)));
    EXPECT_TRUE(May(kOperator, Get(attempt + output)));
    EXPECT_FALSE(May(kAda, Put(attempt + output, 5)));
    EXPECT_FALSE(May(kAda, Drop(attempt + output)));
    EXPECT_TRUE(May(kWorker, Put(attempt + output, 5)));
  }
  EXPECT_FALSE(May({Role::kSubmit, "ad"}, Get(attempt + "result/_ada/0/00000000")));
  EXPECT_FALSE(May({Role::kSubmit, "ad"}, Get(attempt + "result/_ada")));
}

TEST_F(BlobPermissionTest, WorkersReadFilesAndHandInNone) {
  EXPECT_TRUE(May(kWorker, Get(place_.PieceKey(0))));
  EXPECT_FALSE(May(kWorker, Put(place_.PieceKey(0), 5)));
  EXPECT_TRUE(May(kWorker, Drop(place_.Prefix()))) << "what is not what it was announced as";
  EXPECT_TRUE(May(kWorker, Put(kLatents, 5)));
  EXPECT_TRUE(May(kWorker, Drop(kLatents)));
}

TEST_F(BlobPermissionTest, OperatorsHandInForAnybody) {
  EXPECT_TRUE(May(kOperator, Put(place_.PieceKey(0), 5)));
  EXPECT_TRUE(May(kOperator, Drop(place_.Prefix())));
  EXPECT_FALSE(May(kOperator, Put(kLatents, 5)));
  EXPECT_FALSE(May(kOperator, Drop(kLatents)));
}

TEST_F(BlobPermissionTest, WithoutKeysAllMayDoAllThatMakesSense) {
  EXPECT_TRUE(May(kAnybody, Put(place_.PieceKey(0), 5)));
  EXPECT_FALSE(May(kAnybody, Put(place_.PieceKey(0), 6)));
  EXPECT_TRUE(May(kAnybody, Put(kLatents, 5)));
  EXPECT_TRUE(May(kAnybody, Drop("")));
}

}  // namespace
}  // namespace weft::coordinator
