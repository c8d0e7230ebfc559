#include "coordinator/core/permission.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

class PermissionTest : public ::testing::Test {
 protected:
  PermissionTest() {
    v1::ToCoordinator submit = SubmitMessage("token", SampleSpec());
    submit.mutable_submit_job()->mutable_terms()->set_user("ada");
    job_ = farm_.Say("client", submit).At("client").job_submitted().job();
  }

  std::optional<std::string> Objection(const Guest& guest, const v1::ToCoordinator& message) {
    return FindObjection(guest, message, farm_.Subject().State().jobs);
  }

  static std::vector<v1::ToCoordinator> WorkersWords() {
    std::vector<v1::ToCoordinator> words(6);
    words[0].mutable_worker_hello();
    words[1].mutable_worker_heartbeat();
    words[2].mutable_task_completed();
    words[3].mutable_task_failed();
    words[4].mutable_worker_goodbye();
    words[5].mutable_log_records();
    return words;
  }

  // That change ada's job.
  std::vector<v1::ToCoordinator> Orders() const {
    std::vector<v1::ToCoordinator> orders(6);
    orders[0].mutable_cancel_job()->set_job(job_);
    orders[1].mutable_pause_job()->set_job(job_);
    orders[2].mutable_resume_job()->set_job(job_);
    orders[3].mutable_retry_job()->set_job(job_);
    orders[4].mutable_prioritize_job()->set_job(job_);
    orders[5].mutable_drop_result()->set_job(job_);
    return orders;
  }

  static std::vector<v1::ToCoordinator> FarmOrders() {
    std::vector<v1::ToCoordinator> orders(2);
    orders[0].mutable_drain_worker()->set_worker("w");
    orders[1].mutable_care_for_state()->mutable_check();
    return orders;
  }

  std::vector<v1::ToCoordinator> Questions() const {
    std::vector<v1::ToCoordinator> questions(8);
    questions[0].mutable_watch_job()->set_job(job_);
    questions[1].mutable_list_jobs();
    questions[2].mutable_show_job()->set_job(job_);
    questions[3].mutable_list_tasks()->set_job(job_);
    questions[4].mutable_list_workers();
    questions[5].mutable_read_log();
    questions[6].mutable_show_farm();
    questions[7].mutable_show_previews();
    return questions;
  }

  void ExpectAll(const Guest& guest, const std::vector<v1::ToCoordinator>& messages, bool allowed) {
    for (const v1::ToCoordinator& message : messages) {
      EXPECT_EQ(!Objection(guest, message).has_value(), allowed)
          << guest.name << " says " << message.ShortDebugString();
    }
  }

  const Guest worker_{Role::kWorker, "gpu17"};
  const Guest ada_{Role::kSubmit, "ada"};
  const Guest bob_{Role::kSubmit, "bob"};
  const Guest operator_{Role::kOperate, "eve"};
  FarmScript farm_;
  std::string job_;
};

TEST_F(PermissionTest, WorkersWorkAndCommandNothing) {
  ExpectAll(worker_, WorkersWords(), true);
  ExpectAll(worker_, Orders(), false);
  ExpectAll(worker_, FarmOrders(), false);
  ExpectAll(worker_, Questions(), false);
  ExpectAll(worker_, {SubmitMessage("t", SampleSpec())}, false);
  EXPECT_THAT(Objection(worker_, SubmitMessage("t", SampleSpec())).value(), HasSubstr("gpu17"));
}

TEST_F(PermissionTest, ArtistsSubmitLookAndCommandTheirOwnJobs) {
  ExpectAll(ada_, {SubmitMessage("t", SampleSpec())}, true);
  ExpectAll(ada_, Questions(), true);
  ExpectAll(ada_, Orders(), true);
  ExpectAll(ada_, FarmOrders(), false);
  ExpectAll(ada_, WorkersWords(), false);
  ExpectAll(bob_, Questions(), true);
  ExpectAll(bob_, Orders(), false);
  EXPECT_THAT(Objection(bob_, Orders().front()).value(), HasSubstr("that of 'ada'"));
}

TEST_F(PermissionTest, AnswersToJobsThatAreNotThereAreTheFarmsOwn) {
  v1::ToCoordinator cancel;
  cancel.mutable_cancel_job()->set_job("j-nobody");
  ExpectAll(bob_, {cancel, v1::ToCoordinator()}, true);
}

TEST_F(PermissionTest, OperatorsCommandEverythingAndDoNotWork) {
  ExpectAll(operator_, {SubmitMessage("t", SampleSpec())}, true);
  ExpectAll(operator_, Questions(), true);
  ExpectAll(operator_, Orders(), true);
  ExpectAll(operator_, FarmOrders(), true);
  ExpectAll(operator_, WorkersWords(), false);
}

TEST_F(PermissionTest, WhoeverNeedsNoKeyMayDoEverything) {
  for (const auto& messages : {WorkersWords(), Orders(), FarmOrders(), Questions()}) {
    ExpectAll(Guest(), messages, true);
    ExpectAll({Role::kEverything, "old"}, messages, true);
  }
}

TEST_F(PermissionTest, JobsOfArtistsAreTheirsWhomeverTheyName) {
  v1::ToCoordinator submit = SubmitMessage("t", SampleSpec());
  submit.mutable_submit_job()->mutable_terms()->set_user("ada");
  Sign(bob_, submit);
  EXPECT_EQ(submit.submit_job().terms().user(), "bob");
  submit.mutable_submit_job()->mutable_terms()->set_user("ada");
  Sign(operator_, submit);
  EXPECT_EQ(submit.submit_job().terms().user(), "ada");
}

TEST_F(PermissionTest, ResultsOfArtistsAreTheirsWhomeverTheyName) {
  v1::JobSpec spec = SampleSpec();
  spec.set_output_path("weft://_ada/result/neon.mp4");
  v1::ToCoordinator submit = SubmitMessage("t", spec);
  Sign(operator_, submit);
  EXPECT_EQ(submit.submit_job().spec().output_path(), "weft://_ada/result/neon.mp4");
  Sign(bob_, submit);
  EXPECT_EQ(submit.submit_job().spec().output_path(), "weft://_bob/result/neon.mp4");
  EXPECT_EQ(submit.submit_job().spec().save_look_path(), "");
  submit.mutable_submit_job()->mutable_spec()->set_save_look_path("weft://_ada/result/any.look");
  Sign(bob_, submit);
  EXPECT_EQ(submit.submit_job().spec().save_look_path(), "weft://_bob/result/neon.mp4.look");
}

TEST_F(PermissionTest, FilesOfArtistsAreTheirsWhomeverTheyName) {
  v1::ToCoordinator offer;
  offer.mutable_offer_file()->set_user("ada");
  ExpectAll(worker_, {offer}, false);
  ExpectAll(bob_, {offer}, true);
  Sign(bob_, offer);
  EXPECT_EQ(offer.offer_file().user(), "bob");
}

}  // namespace
}  // namespace weft::coordinator
