#include "common/storage/object_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::HasSubstr;

TEST(ObjectPlaceTest, IsABucketAndAKey) {
  const auto place = ParseObjectUrl("s3://reels/2024/täke 1 (b)+=&?.mp4");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->bucket, "reels");
  EXPECT_EQ(place->key, "2024/täke 1 (b)+=&?.mp4") << "nothing is encoded";
  EXPECT_EQ(place->FileName(), "täke 1 (b)+=&?.mp4");
  EXPECT_EQ(place->Url(), "s3://reels/2024/täke 1 (b)+=&?.mp4");
  EXPECT_EQ(ParseObjectUrl("s3://reels//a//b.mp4")->key, "/a//b.mp4") << "slashes count";
}

TEST(ObjectPlaceTest, RefusesWhatIsNone) {
  const std::string control("s3://reels/a\nb", 14);
  for (const std::string& url :
       {std::string("s3://"), std::string("s3://reels"), std::string("s3://reels/"),
        std::string("s3:///key"), std::string("s3://re els/key"), std::string("s3://reels/a/"),
        std::string("s3://reels/a/.."), std::string("s3://reels/."), control,
        "s3://reels/" + std::string(201, 'a'), "s3://reels/" + std::string(1025, '/') + "a",
        std::string("/srv/reels/a.mp4"), std::string("S3://reels/a.mp4")}) {
    const auto place = ParseObjectUrl(url);
    ASSERT_FALSE(place) << url;
    EXPECT_EQ(place.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(place.error().message(), HasSubstr("s3://BUCKET/KEY"));
  }
}

TEST(ObjectPlaceTest, IsToldFromAPath) {
  EXPECT_TRUE(IsObjectUrl("s3://reels/a.mp4"));
  EXPECT_FALSE(IsObjectUrl("/s3://reels/a.mp4"));
  EXPECT_FALSE(IsObjectUrl("clip.mp4"));
}

}  // namespace
}  // namespace weft
