#include "coordinator/core/recent_map.h"

#include <string>

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

JobId Job(int number) {
  return {"j-" + std::to_string(number)};
}

TEST(RecentMap, FindsWhatIsThereAndNothingElse) {
  RecentMap<JobId, int> map;
  EXPECT_EQ(map.Find(Job(1)), nullptr);
  map[Job(1)] = 10;
  map[Job(2)] = 20;
  EXPECT_EQ(*map.Find(Job(1)), 10);
  EXPECT_EQ(*map.Find(Job(1)), 10) << "the one that was found last";
  EXPECT_EQ(map.Find(Job(3)), nullptr) << "after one that was found";
  EXPECT_EQ(*map.Find(Job(2)), 20) << "after one that was not";
  EXPECT_EQ(map.At(Job(1)), 10);
}

TEST(RecentMap, MakesWhatIsNotThereOnce) {
  RecentMap<JobId, int> map;
  EXPECT_EQ(map.Find(Job(1)), nullptr);
  ++map[Job(1)];
  ++map[Job(1)];
  EXPECT_EQ(*map.Find(Job(1)), 2);
}

TEST(RecentMap, ForgetsWhatIsErasedAlsoWhenItWasFoundLast) {
  RecentMap<JobId, int> map;
  map[Job(1)] = 10;
  map[Job(2)] = 20;
  EXPECT_NE(map.Find(Job(1)), nullptr);
  map.Erase(Job(1));
  EXPECT_EQ(map.Find(Job(1)), nullptr);
  map.Erase(Job(1));
  EXPECT_EQ(*map.Find(Job(2)), 20);
}

TEST(RecentMap, LeavesValuesWhereTheyAreWhileItGrows) {
  RecentMap<JobId, int> map;
  int* const first = &map[Job(0)];
  for (int i = 1; i < 1000; ++i) {
    map[Job(i)] = i;
  }
  EXPECT_EQ(map.Find(Job(0)), first);
  EXPECT_EQ(*map.Find(Job(999)), 999);
}

}  // namespace
}  // namespace weft::coordinator
