#include "coordinator/cli/output_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cli {
namespace {

using ::testing::HasSubstr;

TEST(OutputName, ItsWordsStandForTheClip) {
  EXPECT_EQ(FilledOutput("out/{number}-{name}.x.mp4", {"city", 7}), "out/7-city.x.mp4");
  EXPECT_EQ(FilledOutput("out/{name}{name}.mp4", {"city"}), "out/citycity.mp4");
  EXPECT_EQ(FilledOutput("out/{name}-{number}.mp4", {"{number}", 2}), "out/{number}-2.mp4");
  EXPECT_EQ(FilledOutput("out.mp4", {"city"}), "out.mp4");
}

TEST(OutputName, OtherBracesStayAsTheyAre) {
  EXPECT_EQ(FilledOutput("{a}/}{{name}}{.mp4", {"city"}), "{a}/}{city}{.mp4");
}

TEST(OutputName, RefusesWordsThatNobodyKnows) {
  EXPECT_TRUE(CheckOutputWords("out/{number}-{name}.mp4"));
  EXPECT_TRUE(CheckOutputWords("}out{.mp4"));
  EXPECT_TRUE(CheckOutputWords("{3F25-11D0}/take{1}.mp4")) << "of another program";
  for (const char* const text : {"{nmae}.mp4", "{name}/{nmae}.mp4", "}{nmae}{.mp4"}) {
    const Status known = CheckOutputWords(text);
    ASSERT_FALSE(known) << text;
    EXPECT_EQ(known.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(known.error().message(), HasSubstr("there is no {nmae}; what may stand in braces "
                                                   "is {name}, the clip's name, and {number}"));
  }
}

}  // namespace
}  // namespace weft::cli
