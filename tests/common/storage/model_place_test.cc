#include "common/storage/model_place.h"

#include <gtest/gtest.h>

#include "common/storage/look_place.h"
#include "common/storage/upload_place.h"

namespace weft {
namespace {

const std::string kSum(64, 'a');

TEST(ModelPlace, IsSpelledOneWayOnly) {
  const std::string url = ModelPlace{kSum, "dream shaper"}.Url();
  EXPECT_EQ(url, "weft://model/" + kSum + "/dream shaper");
  const auto parsed = ParseModelUrl(url);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->Url(), url);
  EXPECT_FALSE(ParseUploadUrl(url)) << "that is something else";
  for (const std::string& other :
       {std::string("/models/dream"), "weft://model/" + kSum, "weft://model/" + kSum + "/",
        "weft://model/" + kSum + "/..", "weft://model/" + kSum + "/a/b",
        "weft://model/" + kSum.substr(1) + "/dream", "weft://model/" + kSum.substr(1) + "A/dream",
        "weft://models/" + kSum + "/dream"}) {
    EXPECT_FALSE(ParseModelUrl(other).has_value()) << other;
  }
}

TEST(IsNameInPlace, LeadsNowhereElse) {
  for (const char* const name : {"a", "dream/unet/config.json", "a b/c", "..a..b/c"}) {
    EXPECT_EQ(IsNameInPlace(name), name[0] != '.') << name;
  }
  for (const char* const name : {"", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", ".hidden",
                                 "a/.hidden", "a\nb", "a/b/c/d/e/f/g"}) {
    EXPECT_FALSE(IsNameInPlace(name)) << name;
  }
}

TEST(LookPlace, IsSpelledOneWayOnly) {
  EXPECT_EQ(LookPlace{"j-1"}.Url(), "weft://look/j-1");
  EXPECT_EQ(ParseLookUrl("weft://look/j-1").value().job, "j-1");
  for (const char* const other :
       {"/film.look", "weft://look/", "weft://look/a/b", "weft://looks/a"}) {
    EXPECT_FALSE(ParseLookUrl(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace weft
