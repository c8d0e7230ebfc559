#include "coordinator/cli/look_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/job_id.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::JobDetails Source(v1::JobState state = v1::JOB_STATE_RUNNING) {
  v1::JobDetails source;
  source.mutable_summary()->set_job("j-1");
  source.mutable_summary()->set_name("hero");
  source.mutable_summary()->set_state(state);
  *source.mutable_spec() = coordinator::SampleSpec();
  source.mutable_spec()->set_save_look_path("/film.look");
  return source;
}

v1::SubmitJob Job(const std::string& name = "second", const std::string& token = "2") {
  v1::SubmitJob job;
  job.set_client_token(token);
  *job.mutable_spec() = coordinator::SampleSpec();
  job.mutable_spec()->set_output_path("/" + name + ".mp4");
  job.mutable_terms()->set_name(name);
  return job;
}

std::string IdOf(const std::string& token) {
  return coordinator::JobIdOf(token).value;
}

TEST(AttendTo, TakesTheAnchorsOfAJobThatRunsOrIsDoneAndWaitsForIt) {
  for (const v1::JobState state :
       {v1::JOB_STATE_ACCEPTED, v1::JOB_STATE_RUNNING, v1::JOB_STATE_PAUSED, v1::JOB_STATE_DONE}) {
    v1::SubmitJob job = Job();
    job.mutable_terms()->add_after("j-0");
    ASSERT_TRUE(AttendTo(Source(state), job));
    EXPECT_EQ(job.spec().look_path(), "/film.look");
    EXPECT_THAT(job.terms().after(), ElementsAre("j-0", "j-1"));
    ASSERT_TRUE(AttendTo(Source(state), job));
    EXPECT_THAT(job.terms().after(), ElementsAre("j-0", "j-1")) << "once";
  }
}

TEST(AttendTo, TakesWhatTheJobAttendsToItself) {
  v1::JobDetails source = Source();
  source.mutable_spec()->clear_save_look_path();
  source.mutable_spec()->set_look_path("/first.look");
  v1::SubmitJob job = Job();
  ASSERT_TRUE(AttendTo(source, job));
  EXPECT_EQ(job.spec().look_path(), "/first.look");
}

TEST(AttendTo, RefusesAJobWhoseAnchorsWillNeverBeThere) {
  v1::SubmitJob job = Job();
  Status attends = AttendTo(Source(v1::JOB_STATE_CANCELLED), job);
  EXPECT_EQ(attends.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(attends.error().message(), "anchors from j-1 (hero): it was cancelled");
  EXPECT_THAT(AttendTo(Source(v1::JOB_STATE_FAILED), job).error().message(),
              HasSubstr("it failed"));
  v1::JobDetails source = Source();
  source.mutable_spec()->clear_save_look_path();
  attends = AttendTo(source, job);
  EXPECT_EQ(attends.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(attends.error().message(), HasSubstr("it keeps no anchors"));
  EXPECT_THAT(job.terms().after(), IsEmpty());
  EXPECT_EQ(job.spec().look_path(), "");
}

TEST(AttendTo, SaysWhatDoesNotFit) {
  struct Change {
    const char* words;
    void (*make)(v1::JobSpec&);
  };
  const Change changes[] = {
      {"model /model, this job has /other", [](v1::JobSpec& s) { s.set_model_path("/other"); }},
      {"steps 10, this job has 12", [](v1::JobSpec& s) { s.set_steps(12); }},
      {"first step is 0, this job has 5", [](v1::JobSpec& s) { s.set_strength(0.5); }},
      {"sampler SAMPLER_DDIM", [](v1::JobSpec& s) { s.set_sampler(v1::SAMPLER_EULER); }},
      {"spacing", [](v1::JobSpec& s) { s.set_timestep_spacing(v1::TIMESTEP_SPACING_TRAILING); }},
      {"karras 0, this job has 1", [](v1::JobSpec& s) { s.set_karras_sigmas(true); }},
      {"controls 1, this job has 0", [](v1::JobSpec& s) { s.clear_controls(); }},
      {"size 64x32, this job has 32x32",
       [](v1::JobSpec& s) {
         s.mutable_size()->set_width(32);
         s.mutable_size()->set_height(32);
       }},
  };
  v1::JobDetails source = Source();
  *source.mutable_clip() = coordinator::SampleClip(20);
  for (const Change& change : changes) {
    v1::SubmitJob job = Job();
    change.make(*job.mutable_spec());
    const Status attends = AttendTo(source, job);
    ASSERT_FALSE(attends) << change.words;
    EXPECT_EQ(attends.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(attends.error().message(), HasSubstr(change.words));
  }
}

TEST(AttendTo, LeavesASizeThatNobodyKnowsYetToTheProbe) {
  v1::SubmitJob job = Job();
  job.mutable_spec()->mutable_size()->set_width(32);
  job.mutable_spec()->mutable_size()->set_height(32);
  EXPECT_TRUE(AttendTo(Source(), job));
}

TEST(AttendTo, SaysWhyModelsThatMayBeOneAreNotKnownToBe) {
  v1::JobDetails source = Source();
  source.mutable_spec()->set_model_path("weft://model/" + std::string(64, 'a') + "/dream");
  v1::SubmitJob job = Job();
  EXPECT_THAT(AttendTo(source, job).error().message(),
              HasSubstr("hand in both with --upload-models, or neither"));
}

TEST(AttendWithin, AJobFurtherUpKeepsItsAnchorsForOthers) {
  std::vector<v1::SubmitJob> jobs = {Job("first", "1"), Job("second", "2"), Job("third", "3"),
                                     Job("fourth", "4")};
  std::vector<std::string> sources = {"", "first", "second", "of-last-year"};
  ASSERT_TRUE(AttendWithin(jobs, sources));
  EXPECT_EQ(jobs[0].spec().save_look_path(), "/first.mp4.look");
  EXPECT_EQ(jobs[1].spec().look_path(), "/first.mp4.look");
  EXPECT_THAT(jobs[1].terms().after(), ElementsAre(IdOf("1")));
  EXPECT_EQ(jobs[2].spec().look_path(), "/first.mp4.look");
  EXPECT_EQ(jobs[2].spec().save_look_path(), "");
  EXPECT_THAT(sources, ElementsAre("", "", "", "of-last-year"));
  EXPECT_EQ(jobs[3].spec().look_path(), "");
}

TEST(AttendWithin, TakesWhatIsKeptWithAResultFromTheJobThatSavesIt) {
  std::vector<v1::SubmitJob> jobs = {Job("first", "1"), Job("second", "2"), Job("third", "3")};
  jobs[0].mutable_spec()->set_output_path("weft://_ada/result/first.mp4");
  std::vector<std::string> sources = {"", "first", "second"};
  ASSERT_TRUE(AttendWithin(jobs, sources));
  EXPECT_EQ(jobs[0].spec().save_look_path(), "weft://_ada/result/first.mp4.look");
  EXPECT_EQ(jobs[1].spec().look_path(), "weft://look/" + IdOf("1"));
  EXPECT_THAT(jobs[1].terms().after(), ElementsAre(IdOf("1")));
  EXPECT_EQ(jobs[2].spec().look_path(), "weft://look/" + IdOf("1"));
  EXPECT_THAT(jobs[2].terms().after(), ElementsAre(IdOf("2"), IdOf("1")))
      << "who saves it may not have ended";
}

TEST(AttendWithin, PassesOnAJobOfTheFarm) {
  std::vector<v1::SubmitJob> jobs = {Job("first", "1"), Job("second", "2")};
  std::vector<std::string> sources = {"of-last-year", "first"};
  ASSERT_TRUE(AttendWithin(jobs, sources));
  EXPECT_THAT(sources, ElementsAre("of-last-year", "of-last-year"));
  EXPECT_EQ(jobs[0].spec().save_look_path(), "");
}

TEST(AttendWithin, KeepsThemWhereTheJobSays) {
  std::vector<v1::SubmitJob> jobs = {Job("first", "1"), Job("second", "2")};
  jobs[0].mutable_spec()->set_save_look_path("/film.look");
  std::vector<std::string> sources = {"", "first"};
  ASSERT_TRUE(AttendWithin(jobs, sources));
  EXPECT_EQ(jobs[1].spec().look_path(), "/film.look");
}

TEST(AttendWithin, SaysWhichJobDoesNotFit) {
  std::vector<v1::SubmitJob> jobs = {Job("first", "1"), Job("second", "2")};
  jobs[1].mutable_spec()->set_steps(3);
  std::vector<std::string> sources = {"", "first"};
  EXPECT_THAT(AttendWithin(jobs, sources).error().message(),
              HasSubstr("second: anchors from " + IdOf("1") + " (first): its anchors have steps"));
  jobs = {Job("first", "1"), Job("second", "2")};
  jobs[0].mutable_spec()->set_anchors_attended(0);
  sources = {"", "first"};
  EXPECT_THAT(AttendWithin(jobs, sources).error().message(), HasSubstr("keeps no anchors"));
}

}  // namespace
}  // namespace weft::cli
