#include "common/ids.h"

#include <algorithm>
#include <random>
#include <set>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace weft {
namespace {

static_assert(!std::is_convertible_v<JobId, WorkerId>, "ids of different kinds must not mix");

TEST(TaskId, HasAReadableName) {
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kProbe, 0, 0}), "probe");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kProbe, 3, kProbePart}), "probe part 3");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kProbe, 0, kProbeJoin}), "probe join");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kAnnotate, 3, 0}), "annotate 3");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kAnchor, 0, 0}), "anchor");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kAnchor, 2, 0}), "anchor 2");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kDenoise, 3, 1}), "denoise 3.1");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kFinish, 12, 0}), "finish 12");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kEncode, 2, 0}), "encode 2");
  EXPECT_EQ(Name(TaskId{{"j"}, Stage::kAssemble, 0, 0}), "assemble");
}

TEST(StageOrder, IsThatOfTheWork) {
  EXPECT_TRUE(StageOrder()(Stage::kFinish, Stage::kEncode));
  EXPECT_TRUE(StageOrder()(Stage::kEncode, Stage::kAssemble));
  EXPECT_FALSE(StageOrder()(Stage::kAssemble, Stage::kEncode));
  EXPECT_TRUE(StageOrder()(Stage::kProbe, Stage::kAssemble));
}

TEST(TaskId, IsOrderedByJobThenStageThenChunkThenRound) {
  const std::vector<TaskId> ordered = {
      {{"a"}, Stage::kProbe, 0, 0},   {{"a"}, Stage::kDenoise, 0, 0},
      {{"a"}, Stage::kDenoise, 0, 1}, {{"a"}, Stage::kDenoise, 1, 0},
      {{"a"}, Stage::kFinish, 0, 0},  {{"b"}, Stage::kProbe, 0, 0}};
  std::vector<TaskId> shuffled = ordered;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(1));
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, ordered);
  EXPECT_EQ(std::set<TaskId>(ordered.begin(), ordered.end()).size(), ordered.size());
}

TEST(AttemptId, DiffersByTaskNumberAndEpoch) {
  const AttemptId attempt{{{"j"}, Stage::kFinish, 1, 0}, 2, 3};
  EXPECT_EQ(attempt, attempt);
  EXPECT_NE(attempt, (AttemptId{{{"j"}, Stage::kFinish, 2, 0}, 2, 3}));
  EXPECT_NE(attempt, (AttemptId{{{"j"}, Stage::kFinish, 1, 0}, 1, 3}));
  EXPECT_NE(attempt, (AttemptId{{{"j"}, Stage::kFinish, 1, 0}, 2, 4}));
}

}  // namespace
}  // namespace weft
