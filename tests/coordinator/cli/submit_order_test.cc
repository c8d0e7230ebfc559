#include "coordinator/cli/submit_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/job_id.h"

namespace weft::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::SubmitJob Named(const std::string& name, const std::string& token) {
  v1::SubmitJob job;
  job.mutable_terms()->set_name(name);
  job.set_client_token(token);
  return job;
}

v1::SubmitJob Saving(const std::string& look, const std::string& token) {
  v1::SubmitJob job = Named(token, token);
  job.mutable_spec()->set_save_look_path(look);
  return job;
}

v1::SubmitJob Attending(const std::string& look, const std::string& token) {
  v1::SubmitJob job = Named(token, token);
  job.mutable_spec()->set_look_path(look);
  return job;
}

std::string IdOf(const std::string& token) {
  return coordinator::JobIdOf(token).value;
}

TEST(SubmitOrder, ANameMeansTheNearestFurtherUp) {
  std::vector<v1::SubmitJob> jobs = {Named("a", "1"), Named("a", "2"), Named("b", "3")};
  SetOrder({{}, {}, {"a", "j-0123456789abcdef", "a"}}, jobs);
  EXPECT_THAT(jobs[0].terms().after(), IsEmpty());
  EXPECT_THAT(jobs[2].terms().after(), ElementsAre(IdOf("2"), "j-0123456789abcdef"));
}

TEST(SubmitOrder, ClipsOfOneLookWaitForTheOneThatSavesIt) {
  std::vector<v1::SubmitJob> jobs = {Attending("/film.look", "1"), Saving("/film.look", "2"),
                                     Saving("/other.look", "3"), Attending("/film.look", "4"),
                                     Attending("/of-last-year.look", "5")};
  SetOrder({{}, {}, {}, {"2"}, {}}, jobs);
  EXPECT_THAT(jobs[0].terms().after(), IsEmpty()) << "it would have to be handed in before";
  EXPECT_THAT(jobs[1].terms().after(), IsEmpty());
  EXPECT_THAT(jobs[3].terms().after(), ElementsAre(IdOf("2"))) << "once";
  EXPECT_THAT(jobs[4].terms().after(), IsEmpty());
}

}  // namespace
}  // namespace weft::cli
