#include "coordinator/core/conduct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time kStart{seconds(100)};
const WorkerId kWorker{"w"};

TaskId Task(std::uint32_t chunk) {
  return {.job = {"j"}, .stage = Stage::kDenoise, .chunk = chunk};
}

TEST(Conduct, CallsAWorkerSickThatFailsAtDifferentTasksInARow) {
  Conduct conduct(ConductLimits{});
  EXPECT_FALSE(conduct.CountError(kWorker, Task(1)));
  EXPECT_FALSE(conduct.CountError(kWorker, Task(1)));
  EXPECT_FALSE(conduct.CountError(kWorker, Task(1)));
  EXPECT_FALSE(conduct.CountError(kWorker, Task(2)));
  EXPECT_TRUE(conduct.CountError(kWorker, Task(3)));
}

TEST(Conduct, ForgetsErrorsAfterASuccess) {
  Conduct conduct(ConductLimits{});
  EXPECT_FALSE(conduct.CountError(kWorker, Task(1)));
  EXPECT_FALSE(conduct.CountError(kWorker, Task(2)));
  conduct.CountSuccess(kWorker);
  EXPECT_FALSE(conduct.CountError(kWorker, Task(3)));
}

TEST(Conduct, ForgivesLaterEachTime) {
  Conduct conduct(ConductLimits{});
  EXPECT_EQ(conduct.SetAside(kWorker, kStart), kStart + minutes(10));
  EXPECT_TRUE(conduct.IsAside(kWorker));
  EXPECT_EQ(conduct.NextForgiveness(), kStart + minutes(10));
  EXPECT_THAT(conduct.Forgive(kStart + minutes(9)), IsEmpty());
  EXPECT_THAT(conduct.Forgive(kStart + minutes(10)), ElementsAre(kWorker));
  EXPECT_FALSE(conduct.IsAside(kWorker));
  EXPECT_EQ(conduct.NextForgiveness(), std::nullopt);
  EXPECT_EQ(conduct.SetAside(kWorker, kStart), kStart + minutes(20));
}

TEST(Conduct, CountsOffencesUntilTheyAreForgiven) {
  Conduct conduct(ConductLimits{});
  EXPECT_FALSE(conduct.CountOffence(kWorker));
  EXPECT_FALSE(conduct.CountOffence(kWorker));
  EXPECT_TRUE(conduct.CountOffence(kWorker));
  conduct.SetAside(kWorker, kStart);
  conduct.Forgive(kStart + minutes(10));
  EXPECT_FALSE(conduct.CountOffence(kWorker));
}

TEST(Conduct, AdmitsWhatAWorkerNeedsAndNoFlood) {
  ConductLimits limits;
  limits.burst = 10;
  limits.rate = 2;
  Conduct conduct(limits);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(conduct.Admit(kWorker, kStart));
  }
  EXPECT_FALSE(conduct.Admit(kWorker, kStart));
  EXPECT_TRUE(conduct.Admit({"other"}, kStart));
  EXPECT_TRUE(conduct.Admit(kWorker, kStart + seconds(1)));
  EXPECT_TRUE(conduct.Admit(kWorker, kStart + seconds(1)));
  EXPECT_FALSE(conduct.Admit(kWorker, kStart + seconds(1)));
  conduct.AllowForTask(kWorker);
  EXPECT_TRUE(conduct.Admit(kWorker, kStart + seconds(1)));
}

}  // namespace
}  // namespace weft::coordinator
