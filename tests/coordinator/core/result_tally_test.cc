#include "coordinator/core/result_tally.h"

#include <cstdint>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ResultTally, CountsWhatIsNotPastItsEnd) {
  ResultTally tally;
  tally.Add("ada", {"a"}, 5, 100);
  tally.Add("ada", {"b"}, 7, 50);
  tally.Add("bob", {"c"}, 9, 70);
  EXPECT_EQ(tally.Of("ada", 49).bytes, 12U);
  EXPECT_EQ(tally.Of("ada", 49).first_end, 50U);
  EXPECT_EQ(tally.Of("ada", 50).bytes, 5U);
  EXPECT_EQ(tally.Of("ada", 50).first_end, 100U);
  EXPECT_EQ(tally.Of("bob", 50).bytes, 9U);
  EXPECT_EQ(tally.Of("carol", 50).bytes, 0U);
  EXPECT_THAT(tally.TakePast(70), ElementsAre(JobId{"b"}, JobId{"c"}));
  EXPECT_THAT(tally.TakePast(70), IsEmpty());
  EXPECT_EQ(tally.Of("ada", 100).bytes, 0U);
  EXPECT_EQ(tally.Of("ada", 100).first_end, 0U);
}

TEST(ResultTally, ForgetsWhatIsRemoved) {
  ResultTally tally;
  tally.Add("ada", {"a"}, 5, 100);
  tally.Remove("bob", {"a"});
  tally.Remove("ada", {"b"});
  EXPECT_EQ(tally.Of("ada", 0).bytes, 5U);
  tally.Remove("ada", {"a"});
  EXPECT_EQ(tally.Of("ada", 0).bytes, 0U);
  EXPECT_THAT(tally.TakePast(100), IsEmpty());
}

TEST(ResultTally, IsTheSumOfItsResultsWhateverComesAndGoes) {
  struct Kept {
    std::string user;
    std::uint64_t bytes;
    std::uint64_t end;
  };
  std::mt19937 random(7);
  std::map<std::string, Kept> model;  // By job.
  ResultTally tally;
  std::uint64_t now = 0;
  for (std::uint32_t step = 0; step < 5000; ++step) {
    const std::string job = "j-" + std::to_string(random() % 40);
    const auto known = model.find(job);
    if (known == model.end()) {
      const Kept kept{random() % 2 == 0 ? "ada" : "bob", random() % 1000, now + 1 + random() % 200};
      tally.Add(kept.user, {job}, kept.bytes, kept.end);
      model.emplace(job, kept);
    } else if (random() % 2 == 0) {
      tally.Remove(known->second.user, {job});
      model.erase(known);
    }
    now += random() % 3;
    if (step % 50 == 0) {
      for (const JobId& past : tally.TakePast(now)) {
        ASSERT_EQ(model.count(past.value), 1U);
        EXPECT_LE(model.at(past.value).end, now);
        model.erase(past.value);
      }
    }
    for (const std::string user : {"ada", "bob"}) {
      std::uint64_t sum = 0;
      for (const auto& [id, kept] : model) {
        sum += kept.user == user && kept.end > now ? kept.bytes : 0;
      }
      ASSERT_EQ(tally.Of(user, now).bytes, sum) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace weft::coordinator
