#include "worker/stages/job_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::JobSpec Job(v1::Sampler sampler) {
  v1::JobSpec job;
  job.set_steps(10);
  job.set_sampler(sampler);
  return job;
}

TEST(JobSampler, IsDdimWithTheModelsSpacingUnlessTheJobSaysOtherwise) {
  models::NoiseScheduleConfig schedule;
  schedule.timestep_spacing = models::TimestepSpacing::kTrailing;
  v1::JobSpec job = Job(v1::SAMPLER_UNSPECIFIED);
  EXPECT_EQ((*SamplerOf(job, schedule))->timestep(0), 999);
  EXPECT_TRUE((*SamplerOf(job, schedule))->Split());
  job.set_timestep_spacing(v1::TIMESTEP_SPACING_LEADING);
  EXPECT_EQ((*SamplerOf(job, schedule))->timestep(0), 901);
}

TEST(JobSampler, IsTheOneTheJobNames) {
  EXPECT_GT((*SamplerOf(Job(v1::SAMPLER_EULER), {}))->initial_sigma(), 10.0);
  EXPECT_EQ((*SamplerOf(Job(v1::SAMPLER_PNDM), {}))->steps(), 11);
  v1::JobSpec job = Job(v1::SAMPLER_DPMPP_2M);
  const double plain = (*SamplerOf(job, {}))->sigma(5);
  job.set_karras_sigmas(true);
  EXPECT_NE((*SamplerOf(job, {}))->sigma(5), plain);
  job = Job(v1::SAMPLER_DDIM);
  job.set_eta(0.5);
  EXPECT_TRUE((*SamplerOf(job, {}))->adds_noise());
}

TEST(JobSampler, RefusesSmoothingStepsThatItCannotSplit) {
  v1::JobSpec job = Job(v1::SAMPLER_EULER);
  job.add_smooth_steps(4);
  EXPECT_TRUE(SamplerOf(job, {})) << "a window of 0 smooths nothing";
  job.set_window(3);
  const auto sampler = SamplerOf(job, {});
  ASSERT_FALSE(sampler);
  EXPECT_EQ(sampler.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(sampler.error().message(), HasSubstr("smooth_steps"));
}

TEST(JobSampler, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(SamplerOf(Job(static_cast<v1::Sampler>(99)), {}).error().code(),
            ErrorCode::kUnsupported);
  v1::JobSpec job = Job(v1::SAMPLER_DDIM);
  job.set_timestep_spacing(static_cast<v1::TimestepSpacing>(99));
  EXPECT_EQ(SamplerOf(job, {}).error().code(), ErrorCode::kUnsupported);
}

TEST(ControlScales, AreZeroOutsideOfANetsRange) {
  v1::JobSpec job;
  job.add_controls();  // An end of 0 is the end.
  v1::Control& early = *job.add_controls();
  early.set_end(0.5);
  v1::Control& late = *job.add_controls();
  late.set_start(0.5);
  late.set_end(1);
  const auto at = [&](int i) { return ControlScalesAt(job, {1.0, 0.7, 0.4}, i, 4); };
  EXPECT_THAT(at(0), ElementsAre(1.0, 0.7, 0.0));
  EXPECT_THAT(at(1), ElementsAre(1.0, 0.7, 0.0));
  EXPECT_THAT(at(2), ElementsAre(1.0, 0.0, 0.4));
  EXPECT_THAT(at(3), ElementsAre(1.0, 0.0, 0.4));
}

TEST(ControlScales, RestWhereAStepReachesOverAnEdge) {
  v1::JobSpec job;
  v1::Control& control = *job.add_controls();
  control.set_start(0.3);
  control.set_end(0.7);
  const auto at = [&](int i) { return ControlScalesAt(job, {1.0}, i, 4).front(); };
  EXPECT_EQ(at(1), 0.0);  // Begins at 0.25.
  EXPECT_EQ(at(2), 0.0);  // Ends at 0.75.
}

}  // namespace
}  // namespace weft::worker
