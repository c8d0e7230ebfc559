#include "coordinator/server/upload_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Duration kHour = std::chrono::hours(1);

class UploadBookTest : public ::testing::Test {
 protected:
  static UploadPlace Place(char name, std::uint64_t size_bytes = 5) {
    return {"ada", std::string(64, name), size_bytes, std::string(1, name) + ".mp4"};
  }

  Result<std::vector<v1::PieceRange>> Expect(const UploadPlace& place) {
    return book_->Expect(place, limits_, now_);
  }

  void HandIn(const UploadPlace& place) {
    ASSERT_TRUE(Expect(place));
    for (std::uint32_t piece = 0; piece < place.PieceCount(); ++piece) {
      ASSERT_TRUE(Put(place, piece));
    }
  }

  Status Put(const UploadPlace& place, std::uint32_t piece) {
    return book_->Put(place.PieceKey(piece), std::string(place.PieceBytes(piece), 'x'));
  }

  std::vector<std::string> TakeStale(const std::set<std::string>& needed = {}) {
    return book_->TakeStale(needed, limits_.keep, now_);
  }

  UploadLimits limits_ = {.file_bytes_max = 100 << 20, .user_bytes_max = 12 << 20, .keep = kHour};
  Time now_{kHour};
  std::unique_ptr<UploadBook> book_ = *UploadBook::Open(std::make_unique<MemoryBlobStore>(), now_);
};

TEST_F(UploadBookTest, KnowsWhatIsMissing) {
  const UploadPlace place = Place('a', 2 * kUploadPieceBytes + 1);
  const auto all = Expect(place);
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().begin(), 0U);
  EXPECT_EQ(all->front().end(), 3U);
  ASSERT_TRUE(Put(place, 1));
  const auto rest = *Expect(place);
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].end(), 1U);
  EXPECT_EQ(rest[1].begin(), 2U);
  EXPECT_FALSE(book_->Has(place, now_));
  ASSERT_TRUE(Put(place, 0));
  ASSERT_TRUE(Put(place, 2));
  EXPECT_TRUE(book_->Has(place, now_));
  EXPECT_THAT(*Expect(place), IsEmpty());
}

TEST_F(UploadBookTest, FindsWhatEarlierLivesHaveLeft) {
  const UploadPlace place = Place('a', kUploadPieceBytes + 1);
  auto store = std::make_unique<MemoryBlobStore>();
  ASSERT_TRUE(store->Put(place.PieceKey(1), "x"));
  ASSERT_TRUE(store->Put("j-1/probe/0.0/e1a1/objects", "other"));
  const auto book = *UploadBook::Open(std::move(store), now_);
  const auto missing = *book->Expect(place, limits_, now_);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].begin(), 0U);
  EXPECT_EQ(missing[0].end(), 1U);
  EXPECT_THAT(book->TakeStale({}, kHour, now_ + kHour - Duration(1)), IsEmpty());
  EXPECT_THAT(book->TakeStale({}, kHour, now_ + kHour), ElementsAre(place.Prefix()));
}

TEST_F(UploadBookTest, TakesNothingThatWasNotOffered) {
  const UploadPlace place = Place('a', kUploadPieceBytes + 1);
  EXPECT_EQ(book_->ObjectToPut(place.PieceKey(0), kUploadPieceBytes)->code(),
            ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(Expect(place));
  EXPECT_FALSE(book_->ObjectToPut(place.PieceKey(0), kUploadPieceBytes));
  EXPECT_FALSE(book_->ObjectToPut(place.PieceKey(1), 1));
  EXPECT_EQ(book_->ObjectToPut(place.PieceKey(1), 2)->code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(book_->ObjectToPut(place.Prefix() + "00000002", 1)->code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(UploadBookTest, HasLimitsOfFilesAndUsers) {
  const auto large = Expect(Place('a', (100 << 20) + 1));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(large.error().message(), HasSubstr("upload-file-gb"));
  HandIn(Place('a', 8 << 20));
  HandIn(Place('b'));  // Counts as a piece.
  const auto much = Expect(Place('c'));
  ASSERT_FALSE(much);
  EXPECT_EQ(much.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(much.error().message(), HasSubstr("upload-user-gb"));
  UploadPlace others = Place('c');
  others.owner = "bob";
  EXPECT_TRUE(Expect(others)) << "each has their own share";
  EXPECT_TRUE(Expect(Place('a', 8 << 20))) << "that is there already";
}

TEST_F(UploadBookTest, MakesRoomOfWhatNobodyNeeds) {
  HandIn(Place('a'));
  HandIn(Place('b'));
  HandIn(Place('c'));
  now_ += std::chrono::minutes(20);
  EXPECT_TRUE(book_->Has(Place('b'), now_ - std::chrono::minutes(5)));
  EXPECT_THAT(TakeStale({Place('c').Prefix()}), IsEmpty());
  ASSERT_TRUE(Expect(Place('d'))) << "instead of a, which is nobody's";
  EXPECT_FALSE(book_->Has(Place('a'), now_));
  EXPECT_THAT(TakeStale({Place('c').Prefix()}), ElementsAre(Place('a').Prefix()));
  EXPECT_FALSE(Expect(Place('e'))) << "b was asked about just now, c is needed";
}

TEST_F(UploadBookTest, DropsWhatNobodyWantedForAWhile) {
  HandIn(Place('a'));
  now_ += 3 * kHour;
  EXPECT_THAT(TakeStale({Place('a').Prefix()}), IsEmpty()) << "a job reads it";
  now_ += kHour - Duration(1);
  EXPECT_THAT(TakeStale(), IsEmpty());
  now_ += Duration(1);
  EXPECT_THAT(TakeStale(), ElementsAre(Place('a').Prefix()));
}

TEST_F(UploadBookTest, GivesNobodyWhatIsAboutToBeDropped) {
  const UploadPlace place = Place('a');
  HandIn(place);
  now_ += kHour;
  ASSERT_THAT(TakeStale(), ElementsAre(place.Prefix()));
  EXPECT_THAT(TakeStale(), IsEmpty()) << "said once";
  EXPECT_FALSE(book_->Has(place, now_));
  EXPECT_EQ(Expect(place).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(Put(place, 0).error().code(), ErrorCode::kUnavailable);
  ASSERT_TRUE(book_->DeletePrefix(place.Prefix()));
  EXPECT_TRUE(book_->IsEmpty());
  HandIn(place);
  EXPECT_TRUE(book_->Has(place, now_));
  EXPECT_THAT(TakeStale(), IsEmpty()) << "it is a new one";
}

TEST_F(UploadBookTest, ForgetsAPieceThatIsDropped) {
  const UploadPlace place = Place('a', kUploadPieceBytes + 1);
  HandIn(place);
  ASSERT_TRUE(book_->DeletePrefix(place.PieceKey(0)));
  EXPECT_FALSE(book_->Has(place, now_));
  ASSERT_EQ(Expect(place)->size(), 1U);
  ASSERT_TRUE(Put(place, 0));
  EXPECT_TRUE(book_->Has(place, now_));
}

TEST_F(UploadBookTest, LetsOwnersDropOneFileThatNoJobReads) {
  HandIn(Place('a'));
  EXPECT_TRUE(book_->ObjectToDrop("uploads/")) << "all of them";
  EXPECT_TRUE(book_->ObjectToDrop(UploadsPrefixOf("ada")));
  EXPECT_FALSE(book_->ObjectToDrop(Place('a').Prefix()));
  TakeStale({Place('a').Prefix()});
  EXPECT_EQ(book_->ObjectToDrop(Place('a').Prefix())->code(), ErrorCode::kFailedPrecondition);
}

TEST_F(UploadBookTest, TakesNothingNewWhileTheDiskIsLow) {
  limits_.user_bytes_max *= 2;
  HandIn(Place('a'));
  const UploadPlace begun = Place('b', kUploadPieceBytes + 1);
  ASSERT_TRUE(Expect(begun));
  book_->Hold("the disk is low");
  EXPECT_EQ(Expect(Place('c')).error().code(), ErrorCode::kNoSpace);
  EXPECT_THAT(Expect(begun).error().message(), HasSubstr("the disk is low"));
  EXPECT_EQ(book_->ObjectToPut(begun.PieceKey(0), kUploadPieceBytes)->code(), ErrorCode::kNoSpace);
  EXPECT_TRUE(Expect(Place('a'))) << "it is there";
  book_->Hold(std::nullopt);
  EXPECT_TRUE(Expect(Place('c')));
}

TEST_F(UploadBookTest, PassesOtherBlobs) {
  ASSERT_TRUE(book_->Put("j-1/finish/0.0/e1a1/segment", "frames"));
  EXPECT_EQ(*book_->Get("j-1/finish/0.0/e1a1/segment"), "frames");
  EXPECT_TRUE(book_->IsEmpty());
}

}  // namespace
}  // namespace weft::coordinator
