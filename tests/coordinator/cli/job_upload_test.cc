#include "coordinator/cli/job_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/job_id.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::SubmitJob Job(const std::string& name) {
  v1::SubmitJob job;
  job.set_client_token(name);
  *job.mutable_spec() = coordinator::SampleSpec();
  job.mutable_spec()->set_output_path("/films/" + name + ".mp4");
  job.mutable_terms()->set_name(name);
  job.mutable_terms()->set_user("ada");
  return job;
}

TEST(KeepOutputs, NamesResultsAfterTheFiles) {
  std::vector<v1::SubmitJob> jobs = {Job("one"), Job("two")};
  jobs[1].mutable_spec()->set_output_path("s3://reels/two.mp4");
  ASSERT_TRUE(KeepOutputs(jobs));
  EXPECT_EQ(jobs[0].spec().output_path(), "weft://_ada/result/one.mp4");
  EXPECT_EQ(jobs[1].spec().output_path(), "s3://reels/two.mp4");
}

TEST(KeepOutputs, AnchorsLieBesideThemForJobsFurtherDown) {
  std::vector<v1::SubmitJob> jobs = {Job("one"), Job("two"), Job("three")};
  jobs[0].mutable_spec()->set_save_look_path("/films/film.look");
  jobs[1].mutable_spec()->set_look_path("/films/film.look");
  jobs[2].mutable_spec()->set_look_path("/films/old.look");
  ASSERT_TRUE(KeepOutputs(jobs));
  const std::string one = coordinator::JobIdOf("one").value;
  EXPECT_EQ(jobs[0].spec().save_look_path(), "weft://_ada/result/one.mp4.look");
  EXPECT_EQ(jobs[1].spec().look_path(), "weft://look/" + one);
  EXPECT_THAT(jobs[1].terms().after(), ElementsAre(one));
  EXPECT_EQ(jobs[2].spec().look_path(), "/films/old.look") << "a file, to be handed in";
  EXPECT_THAT(jobs[2].terms().after(), IsEmpty());
}

TEST(KeepOutputs, WhoSavesAnchorsMustComeFirst) {
  std::vector<v1::SubmitJob> jobs = {Job("one"), Job("two")};
  jobs[0].mutable_spec()->set_look_path("/films/film.look");
  jobs[1].mutable_spec()->set_save_look_path("/films/film.look");
  const Status kept = KeepOutputs(jobs);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(kept.error().message(),
              HasSubstr("one: anchors-from: the job that saves /films/film.look must stand"));
}

}  // namespace
}  // namespace weft::cli
