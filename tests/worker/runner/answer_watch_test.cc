#include "worker/runner/answer_watch.h"

#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::worker {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class AnswerWatchTest : public ::testing::Test {
 protected:
  // The seconds at which it warns, looked at once a second.
  std::vector<int> Warnings(int from, int to) {
    std::vector<int> when;
    for (int second = from; second < to; ++second) {
      if (watch_.Look(false, Time(seconds(second)))) {
        when.push_back(second);
      }
    }
    return when;
  }

  AnswerWatch watch_{"tcp://farm:7733", false};
};

TEST_F(AnswerWatchTest, WarnsAfterTenSecondsAndThenEverMoreRarely) {
  EXPECT_THAT(Warnings(100, 300), ElementsAre(110, 130, 170, 250));
}

TEST_F(AnswerWatchTest, IsQuietWhileItIsAnswered) {
  EXPECT_THAT(Warnings(0, 10), ElementsAre());
  for (int second = 10; second < 100; ++second) {
    EXPECT_FALSE(watch_.Look(true, Time(seconds(second)))) << second;
  }
}

TEST_F(AnswerWatchTest, BeginsAnewWhenTheCoordinatorIsGone) {
  EXPECT_THAT(Warnings(0, 40), ElementsAre(10, 30));
  EXPECT_FALSE(watch_.Look(true, Time(seconds(40))));
  EXPECT_THAT(Warnings(41, 80), ElementsAre(51, 71));
}

TEST_F(AnswerWatchTest, SaysWhatToLookAt) {
  const auto warning = [](bool has_keys) {
    AnswerWatch watch("tcp://farm:7733", has_keys);
    EXPECT_FALSE(watch.Look(false, Time{}));
    return watch.Look(false, Time{} + seconds(10)).value_or("nothing");
  };
  EXPECT_THAT(warning(false), HasSubstr("nobody answers at tcp://farm:7733: is a coordinator"));
  EXPECT_THAT(warning(false), HasSubstr("answers nobody without: see --keys and --server-key"));
  EXPECT_THAT(warning(true), HasSubstr("is this worker's key among its guests"));
  EXPECT_THAT(warning(true), Not(HasSubstr("nobody without")));
}

}  // namespace
}  // namespace weft::worker
