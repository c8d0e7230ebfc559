#include "common/storage/upload_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/blob_key.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

const std::string kSum(64, 'a');

UploadPlace Place(const std::string& owner, std::uint64_t size_bytes) {
  return {owner, kSum, size_bytes, "night sky.mp4"};
}

TEST(UploadPlace, IsSpelledOneWayOnly) {
  const std::string url = Place("ada", 5).Url();
  EXPECT_EQ(url, "weft://_ada/" + kSum + "/5/night sky.mp4");
  const auto parsed = ParseUploadUrl(url);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->owner, "ada");
  EXPECT_EQ(parsed->sha256, kSum);
  EXPECT_EQ(parsed->size_bytes, 5U);
  EXPECT_EQ(parsed->name, "night sky.mp4");
  EXPECT_EQ(parsed->Url(), url);
  for (const std::string& other :
       {"weft://ada/" + kSum + "/5/a", "weft://_a_64a/" + kSum + "/5/a",
        "weft://_ada/" + kSum + "/05/a", "weft://_ada/" + kSum + "/+5/a"}) {
    EXPECT_FALSE(ParseUploadUrl(other)) << other;
  }
}

TEST(UploadPlace, TakesAnyOwner) {
  for (const char* const owner : {"", "a b", "a_b", "a/b", "grüße", "_", "..", "a\nb"}) {
    const UploadPlace place = Place(owner, 7);
    EXPECT_EQ(ParseUploadUrl(place.Url())->owner, owner);
    EXPECT_TRUE(CheckBlobKey(place.PieceKey(0))) << place.PieceKey(0);
    EXPECT_EQ(ParsePieceKey(place.PieceKey(0))->place.owner, owner);
    EXPECT_EQ(place.Prefix().rfind(UploadsPrefixOf(owner), 0), 0U);
  }
  EXPECT_NE(UploadsPrefixOf("a b"), UploadsPrefixOf("a_20b"));
  EXPECT_TRUE(CheckBlobKey(Place(std::string(128, '\x01'), 1).PieceKey(0)));
}

TEST(UploadPlace, CutsIntoPieces) {
  EXPECT_EQ(Place("ada", 1).PieceCount(), 1U);
  EXPECT_EQ(Place("ada", kUploadPieceBytes).PieceCount(), 1U);
  const UploadPlace place = Place("ada", 2 * kUploadPieceBytes + 3);
  ASSERT_EQ(place.PieceCount(), 3U);
  EXPECT_EQ(place.PieceBytes(1), kUploadPieceBytes);
  EXPECT_EQ(place.PieceBytes(2), 3U);
  EXPECT_EQ(place.PieceKey(2),
            "uploads/_ada/" + kSum + "/" + std::to_string(place.size_bytes) + "/00000002");
  const auto piece = ParsePieceKey(place.PieceKey(2));
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->number, 2U);
  EXPECT_EQ(piece->place.Prefix(), place.Prefix());
}

TEST(UploadPlace, KnowsWhatIsNoPiece) {
  const std::string prefix = Place("ada", 5).Prefix();
  for (const std::string& key :
       {prefix + "00000001", prefix + "0", prefix + "00000000/1", prefix,
        "uploads/_ada/" + kSum + "/0/00000000", std::string("uploads/_ada/abc/5/00000000"),
        "uploads/ada/" + kSum + "/5/00000000", std::string("j-1/probe/0.0/e1a1/objects")}) {
    EXPECT_FALSE(ParsePieceKey(key)) << key;
  }
}

TEST(UploadPlace, RefusesWhatNoFileCanBe) {
  UploadPlace place = Place("ada", 0);
  EXPECT_FALSE(CheckUpload(place));
  place.size_bytes = (std::uint64_t{1} << 40) + 1;
  EXPECT_FALSE(CheckUpload(place));
  place = Place(std::string(129, 'a'), 5);
  EXPECT_FALSE(CheckUpload(place));
  place = Place("ada", 5);
  for (const std::string& name : {std::string(), std::string("."), std::string(".."),
                                  std::string("a/b"), std::string("a\nb"), std::string(201, 'a')}) {
    place.name = name;
    EXPECT_FALSE(CheckUpload(place)) << name;
  }
  place = Place("ada", 5);
  place.sha256 = std::string(64, 'A');
  EXPECT_THAT(CheckUpload(place).error().message(), HasSubstr("SHA-256"));
  EXPECT_FALSE(IsUploadUrl("s3://reels/clip.mp4"));
}

}  // namespace
}  // namespace weft
