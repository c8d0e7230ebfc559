#include <gtest/gtest.h>

#include "common/bulk/incoming_blob.h"
#include "common/bulk/outgoing_blob.h"
#include "common/checksum.h"

namespace weft {
namespace {

constexpr Window kSmall{.piece_bytes = 10, .credit_bytes = 40};

std::string SomeText(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text.push_back(static_cast<char>('a' + i * 7 % 26));
  }
  return text;
}

TEST(Pieces, MakeTheSameBlobAgainWhateverItsSize) {
  for (std::size_t size = 0; size < 130; ++size) {
    const std::string text = SomeText(size);
    OutgoingBlob out(text, kSmall);
    IncomingBlob in(size, Xxh3(text), kSmall);
    out.AddCredit(in.TakeCredit());
    while (const auto piece = out.NextPiece()) {
      ASSERT_LE(piece->data().size(), kSmall.piece_bytes);
      ASSERT_TRUE(in.Add(*piece));
      out.AddCredit(in.TakeCredit());
    }
    ASSERT_TRUE(out.IsSent());
    ASSERT_TRUE(in.IsComplete());
    EXPECT_EQ(std::move(in).Finish().value(), text);
  }
}

TEST(OutgoingBlob, SendsNoMoreThanItHasCreditFor) {
  const std::string text = SomeText(100);
  OutgoingBlob out(text, kSmall);
  EXPECT_FALSE(out.NextPiece().has_value());
  out.AddCredit(13);
  EXPECT_EQ(out.NextPiece()->data(), text.substr(0, 10));
  EXPECT_EQ(out.NextPiece()->data(), text.substr(10, 3));
  EXPECT_FALSE(out.NextPiece().has_value());
  EXPECT_FALSE(out.IsSent());
}

TEST(OutgoingBlob, TakesHugeCreditForAllThatIsLeft) {
  const std::string text = SomeText(15);
  OutgoingBlob out(text, kSmall);
  out.AddCredit(~std::uint64_t{0});
  out.AddCredit(~std::uint64_t{0});
  EXPECT_EQ(out.NextPiece()->data().size(), 10U);
  EXPECT_EQ(out.NextPiece()->data().size(), 5U);
  EXPECT_FALSE(out.NextPiece().has_value());
  EXPECT_TRUE(out.IsSent());
}

TEST(IncomingBlob, KeepsAWindowOfCreditOpen) {
  IncomingBlob in(100, 0, kSmall);
  EXPECT_EQ(in.TakeCredit(), 40U);
  EXPECT_EQ(in.TakeCredit(), 0U);
  v1::Piece piece;
  piece.set_data(std::string(10, 'x'));
  ASSERT_TRUE(in.Add(piece));
  EXPECT_EQ(in.TakeCredit(), 10U);
}

TEST(IncomingBlob, GrantsNoMoreThanTheBlobHas) {
  IncomingBlob in(30, 0, kSmall);
  EXPECT_EQ(in.TakeCredit(), 30U);
}

ErrorCode CodeOfAdding(std::uint64_t offset, std::size_t size) {
  IncomingBlob in(100, 0, kSmall);
  in.TakeCredit();
  v1::Piece piece;
  piece.set_offset(offset);
  piece.set_data(std::string(size, 'x'));
  const Status added = in.Add(piece);
  EXPECT_FALSE(added.has_value());
  return added ? ErrorCode::kInternal : added.error().code();
}

TEST(IncomingBlob, RefusesPiecesThatDoNotFit) {
  EXPECT_EQ(CodeOfAdding(10, 10), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfAdding(0, 0), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfAdding(0, 41), ErrorCode::kInvalidArgument);
}

TEST(IncomingBlob, RefusesMoreThanItsSizeEvenIfGranted) {
  IncomingBlob in(5, 0, kSmall, 40);
  EXPECT_EQ(in.TakeCredit(), 0U);
  v1::Piece piece;
  piece.set_data("123456");
  EXPECT_FALSE(in.Add(piece).has_value());
}

TEST(IncomingBlob, NoticesBytesThatChangedOnTheirWay) {
  IncomingBlob in(5, Xxh3("12345"), kSmall);
  in.TakeCredit();
  v1::Piece piece;
  piece.set_data("12845");
  ASSERT_TRUE(in.Add(piece));
  const auto blob = std::move(in).Finish();
  ASSERT_FALSE(blob.has_value());
  EXPECT_EQ(blob.error().code(), ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace weft
