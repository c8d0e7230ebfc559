// A job stays on workers whose numbers agree.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/farm.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::ToCoordinator HelloOf(const std::string& worker,
                          std::uint64_t instance,
                          const std::string& numeric_class) {
  v1::ToCoordinator message = HelloMessage(worker, instance);
  message.mutable_worker_hello()->set_numeric_class(numeric_class);
  return message;
}

v1::JobStatus StatusOf(FarmScript& farm, const std::string& job) {
  return farm.Say("client", WatchMessage(job)).At("client").job_status();
}

// Up to its first task that computes pictures, on worker "a" of class "A"; two are ready.
std::string Begin(FarmScript& farm, const v1::JobSpec& spec) {
  const std::string job = farm.Submit("token", spec);
  const v1::Task probe = *farm.Say("a", HelloOf("a", 1, "A")).Assignment("a");
  EXPECT_TRUE(farm.Say("a", CompletedMessage(probe)).Assignment("a").has_value());
  return job;
}

TEST(NumericClass, AJobStaysInTheClassOfTheWorkerThatComputesItsFirstPictures) {
  FarmScript farm;
  Begin(farm, SampleSpec());
  EXPECT_THAT(farm.Say("b", HelloOf("b", 2, "B")).Assignments(), IsEmpty());
  EXPECT_TRUE(farm.Say("a2", HelloOf("a2", 3, "A")).Assignment("a2").has_value());
}

TEST(NumericClass, IsRememberedAfterARestart) {
  FarmScript farm;
  Begin(farm, SampleSpec());
  farm.Restart();
  EXPECT_THAT(farm.Say("b", HelloOf("b", 2, "B")).Assignments(), IsEmpty());
  EXPECT_TRUE(farm.Say("a2", HelloOf("a2", 3, "A")).Assignment("a2").has_value());
}

TEST(NumericClass, DoesNotMatterToAJobThatSaysSo) {
  FarmScript farm;
  v1::JobSpec spec = SampleSpec();
  spec.set_any_class(true);
  Begin(farm, spec);
  EXPECT_TRUE(farm.Say("b", HelloOf("b", 2, "B")).Assignment("b").has_value());
}

TEST(NumericClass, DoesNotMatterToADeflickerJob) {
  FarmScript farm;
  Begin(farm, SampleDeflicker());
  EXPECT_TRUE(farm.Say("b", HelloOf("b", 2, "B")).Assignment("b").has_value());
}

TEST(NumericClass, OfTheProbesWorkerDoesNotBind) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("b", HelloOf("b", 2, "B")).Assignment("b");
  v1::ToCoordinator leaving = HeartbeatMessage({probe.attempt()});
  leaving.mutable_worker_heartbeat()->set_draining(true);
  farm.Say("b", leaving);
  EXPECT_THAT(farm.Say("b", CompletedMessage(probe)).Assignments(), IsEmpty());
  EXPECT_TRUE(farm.Say("a", HelloOf("a", 1, "A")).Assignment("a").has_value());
}

TEST(NumericClass, IsNamedWhileNoWorkerOfItIsThere) {
  FarmScript farm;
  const std::string job = Begin(farm, SampleSpec());
  EXPECT_EQ(StatusOf(farm, job).waits_for(), "");
  v1::ToCoordinator goodbye;
  goodbye.mutable_worker_goodbye();
  farm.Say("a", goodbye);
  EXPECT_EQ(StatusOf(farm, job).waits_for(), "") << "there is no worker at all";
  farm.Say("b", HelloOf("b", 2, "B"));
  EXPECT_THAT(StatusOf(farm, job).waits_for(), HasSubstr("not compatible: none of 1 connected"));
  EXPECT_THAT(StatusOf(farm, job).waits_for(), HasSubstr("'A'"));
  farm.Say("a", HelloOf("a", 4, "A"));
  EXPECT_EQ(StatusOf(farm, job).waits_for(), "");
}

}  // namespace
}  // namespace weft::coordinator
