#include "common/storage/result_place.h"

#include <gtest/gtest.h>

#include "common/blob/blob_key.h"

namespace weft {
namespace {

TEST(ResultPlace, IsSpelledOneWayOnly) {
  const std::string url = ResultPlace{"ada", "night sky.mp4"}.Url();
  EXPECT_EQ(url, "weft://_ada/result/night sky.mp4");
  EXPECT_TRUE(IsResultUrl(url));
  const auto parsed = ParseResultUrl(url);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->owner, "ada");
  EXPECT_EQ(parsed->name, "night sky.mp4");
  for (const char* const other :
       {"weft://ada/result/a", "weft://_ada/results/a", "weft://_ada/result/", "weft://_ada/result",
        "weft://_ada/result/..", "weft://_ada/result/a/b", "weft:///result/a", "weft://result/a",
        "s3://_ada/result/a", "/_ada/result/a"}) {
    EXPECT_FALSE(ParseResultUrl(other)) << other;
  }
  EXPECT_FALSE(IsResultUrl("/weft://_ada/result/a"));
}

TEST(ResultPlace, LeavesRoomForTheNamesBesideIt) {
  EXPECT_TRUE(ParseResultUrl(ResultPlace{"ada", std::string(180, 'n')}.Url()));
  EXPECT_FALSE(ParseResultUrl(ResultPlace{"ada", std::string(181, 'n')}.Url()));
  EXPECT_FALSE(ParseResultUrl(ResultPlace{std::string(129, 'o'), "n"}.Url()));
}

TEST(ResultPlace, LeadsToItsOwnersAlone) {
  const std::string attempt = "j-1/assemble/0.0/e1a1/";
  for (const std::string owner : {"", "a b", "a_b", "a/b", "grüße", "_", "result"}) {
    const ResultPlace place{owner, "neon.mp4"};
    EXPECT_EQ(ParseResultUrl(place.Url())->owner, owner);
    const std::string index = attempt + place.IndexName();
    for (const std::string& key : {index, index + ResultPieceSuffix(2, 31)}) {
      EXPECT_TRUE(CheckBlobKey(key)) << key;
      EXPECT_TRUE(LeadsToResult(key));
      EXPECT_TRUE(LeadsToResultOf(key, owner)) << key;
      EXPECT_FALSE(LeadsToResultOf(key, owner + "b")) << key;
      EXPECT_FALSE(LeadsToResultOf(key, "ada")) << key;
    }
  }
  EXPECT_FALSE(LeadsToResult(attempt + "segment"));
  EXPECT_FALSE(LeadsToResultOf(attempt + "result/", "ada"));
}

TEST(ResultPlace, KnowsPiecesFromOtherOutputs) {
  const std::string index = ResultPlace{"ada", "neon.mp4"}.IndexName();
  EXPECT_EQ(ResultPieceSuffix(2, 31), "/2/00000031");
  EXPECT_TRUE(IsResultPiece(index + "/2/00000031", index));
  EXPECT_FALSE(IsResultPiece(index, index));
  EXPECT_FALSE(IsResultPiece(index + "b/2/00000031", index));
  EXPECT_FALSE(IsResultPiece("latents/0", "latents"));
}

}  // namespace
}  // namespace weft
