#include "common/wire/ids_wire.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

AttemptId SomeAttempt() {
  return {.task = {.job = {"j-1"}, .stage = Stage::kDenoise, .chunk = 3, .round = 2},
          .number = 4,
          .epoch = 5};
}

TEST(IdsWire, KeepsAnAttempt) {
  const Result<AttemptId> back = FromWire(ToWire(SomeAttempt()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, SomeAttempt());
}

TEST(IdsWire, KeepsEveryStage) {
  for (int number = v1::STAGE_PROBE; number <= v1::STAGE_ENCODE; ++number) {
    const auto stage = static_cast<Stage>(number);
    EXPECT_EQ(ToWire(stage), number);
    const Result<Stage> back = FromWire(ToWire(stage));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, stage);
  }
}

TEST(IdsWire, RefusesStagesItDoesNotKnow) {
  for (const int number : {0, 8, -1, 1000}) {
    v1::TaskId task = ToWire(SomeAttempt().task);
    task.set_stage(static_cast<v1::Stage>(number));
    const Result<TaskId> refused = FromWire(task);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(IdsWire, RefusesIdsWithHoles) {
  v1::AttemptId no_task = ToWire(SomeAttempt());
  no_task.clear_task();
  v1::AttemptId no_job = ToWire(SomeAttempt());
  no_job.mutable_task()->clear_job();
  v1::AttemptId no_number = ToWire(SomeAttempt());
  no_number.clear_number();
  v1::AttemptId no_epoch = ToWire(SomeAttempt());
  no_epoch.clear_epoch();
  for (const v1::AttemptId& attempt : {no_task, no_job, no_number, no_epoch}) {
    const Result<AttemptId> refused = FromWire(attempt);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace weft
