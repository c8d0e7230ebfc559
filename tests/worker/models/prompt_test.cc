#include "worker/models/prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<PromptRun> Parse(const std::string& prompt) {
  const auto runs = ParsePrompt(prompt);
  EXPECT_TRUE(runs) << runs.error().message();
  return runs.value();
}

testing::Matcher<PromptRun> Is(const std::string& text, double weight) {
  return testing::AllOf(testing::Field(&PromptRun::text, text),
                        testing::Field(&PromptRun::weight, testing::DoubleNear(weight, 1e-12)),
                        testing::Field(&PromptRun::breaks, false));
}

TEST(ParsePrompt, LeavesAPlainPromptAsItIs) {
  EXPECT_THAT(Parse(""), IsEmpty());
  for (const char* plain :
       {"a photo, 8k: sharp", "C++ \\ back\\slash", "a:1.5", "x) y] :2)", "é"}) {
    EXPECT_THAT(Parse(plain), ElementsAre(PromptRun{plain, 1.0, false})) << plain;
  }
}

TEST(ParsePrompt, WeighsWhatIsInBrackets) {
  EXPECT_THAT(Parse("an (important) word"),
              ElementsAre(Is("an ", 1.0), Is("important", 1.1), Is(" word", 1.0)));
  EXPECT_THAT(Parse("((red))"), ElementsAre(Is("red", 1.21)));
  EXPECT_THAT(Parse("[faint]"), ElementsAre(Is("faint", 1 / 1.1)));
  EXPECT_THAT(Parse("(a:1.5)(b : +.5 )(c:-1)"),
              ElementsAre(Is("a", 1.5), Is("b ", 0.5), Is("c", -1.0)));
  EXPECT_THAT(Parse("(a:+-1)"), ElementsAre(Is("a:+-1", 1.1))) << "no number, so no weight";
  EXPECT_THAT(Parse("(some (big:2) ship:1.5)"),
              ElementsAre(Is("some ", 1.5), Is("big", 3.0), Is(" ship", 1.5)));
}

TEST(ParsePrompt, JoinsNeighboursOfOneWeight) {
  EXPECT_THAT(Parse("(un)(necessary)"), ElementsAre(Is("unnecessary", 1.1)));
}

TEST(ParsePrompt, TakesEscapedBracketsAsSigns) {
  EXPECT_THAT(Parse("\\(a\\) \\[b\\] \\\\"), ElementsAre(Is("(a) [b] \\", 1.0)));
}

TEST(ParsePrompt, TakesBracketsThatCloseNothingAsSignsAndOpenOnesToTheEnd) {
  EXPECT_THAT(Parse("a) b] c"), ElementsAre(Is("a) b] c", 1.0)));
  EXPECT_THAT(Parse("a (b"), ElementsAre(Is("a ", 1.0), Is("b", 1.1)));
  EXPECT_THAT(Parse("a [b (c"), ElementsAre(Is("a ", 1.0), Is("b ", 1 / 1.1), Is("c", 1.0)));
  EXPECT_THAT(Parse("(a [b) c]"), ElementsAre(Is("a ", 1.1), Is("b", 1.0), Is(" c", 1 / 1.1)));
}

TEST(ParsePrompt, TakesWhatIsNoNumberAsText) {
  EXPECT_THAT(Parse("(a:b)"), ElementsAre(Is("a:b", 1.1)));
  EXPECT_THAT(Parse("(a:1.2.3)"), ElementsAre(Is("a:1.2.3", 1.1)));
  EXPECT_THAT(Parse("(a:inf)"), ElementsAre(Is("a:inf", 1.1)));
  EXPECT_THAT(Parse("(a:1e3)"), ElementsAre(Is("a:1e3", 1.1)));
}

TEST(ParsePrompt, BreaksAtTheWordInCapitalsOnly) {
  EXPECT_THAT(Parse("a BREAK (b BREAK c)"),
              ElementsAre(Is("a ", 1.0), PromptRun{"", 1.0, true}, Is(" ", 1.0), Is("b ", 1.1),
                          PromptRun{"", 1.0, true}, Is(" c", 1.1)));
  EXPECT_THAT(Parse("break BREAKS xBREAK"), ElementsAre(Is("break BREAKS xBREAK", 1.0)));
}

TEST(ParsePrompt, RefusesWeightsThatNoPictureSurvives) {
  EXPECT_EQ(ParsePrompt("(a:101)").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(ParsePrompt(std::string(30'000, '(') + "a"));
  EXPECT_TRUE(ParsePrompt("(a:100)"));
}

}  // namespace
}  // namespace weft::models
