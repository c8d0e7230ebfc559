// Anchors that a job takes from the result of another one.

#include "coordinator/core/kept_look.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class KeptLookTest : public ::testing::Test {
 protected:
  v1::FromCoordinator Hand(const std::string& token,
                           const v1::JobSpec& spec,
                           const std::string& user,
                           const std::vector<std::string>& after = {}) {
    v1::ToCoordinator submit = SubmitMessage(token, spec);
    v1::JobTerms& terms = *submit.mutable_submit_job()->mutable_terms();
    terms.set_user(user);
    for (const std::string& job : after) {
      terms.add_after(job);
    }
    return farm_.Say("client", submit).At("client");
  }

  // Its id.
  std::string HandInSource(bool saves = true) {
    v1::JobSpec spec = SampleSpec();
    spec.set_output_path("weft://_ada/result/neon.mp4");
    if (saves) {
      spec.set_save_look_path("weft://_ada/result/neon.mp4.look");
    }
    return Hand("source", spec, "ada").job_submitted().job();
  }

  // What is said.
  v1::FromCoordinator HandInReader(const std::string& source,
                                   const std::vector<std::string>& after = {},
                                   const std::string& user = "ada") {
    v1::JobSpec spec = SampleSpec();
    spec.set_look_path("weft://look/" + source);
    return Hand("reader", spec, user, after);
  }

  // The reader's first task, after all before it.
  v1::Task FirstOf(const std::string& reader) {
    auto task = farm_.Say("w", HelloMessage("w", 1)).Assignment("w");
    while (task.has_value() && task->attempt().task().job() != reader) {
      task = farm_.Say("w", CompletedMessage(*task)).Assignment("w");
    }
    return task.value_or(v1::Task());
  }

  static FarmOptions Options() {
    FarmOptions options;
    options.result_keep = hours(2);
    return options;
  }

  FarmScript farm_{Options()};
};

void ExpectRefused(const v1::FromCoordinator& answer, ErrorCode code, const std::string& words) {
  ASSERT_TRUE(answer.has_request_refused());
  EXPECT_EQ(answer.request_refused().error().code(), static_cast<std::uint32_t>(code));
  EXPECT_THAT(answer.request_refused().error().message(), HasSubstr(words));
}

TEST_F(KeptLookTest, TheFirstTaskReadsTheListOfThatResult) {
  const std::string source = HandInSource();
  const std::string reader = HandInReader(source, {source}).job_submitted().job();
  ASSERT_NE(reader, "");
  const v1::Task first = FirstOf(reader);
  EXPECT_EQ(first.attempt().task().stage(), v1::STAGE_PROBE);
  ASSERT_THAT(first.inputs(), SizeIs(1));
  EXPECT_EQ(first.inputs(0).stage(), v1::STAGE_ASSEMBLE);
  EXPECT_EQ(first.inputs(0).name(), "result/_ada");
  EXPECT_THAT(first.inputs(0).blob().key(), HasSubstr(source + "/assemble/"));
  const auto second = farm_.Say("w", CompletedMessage(first)).Assignment("w");
  ASSERT_TRUE(second.has_value());
  EXPECT_THAT(second->inputs(), IsEmpty()) << "of an annotation; no other task has to do with it";
}

TEST_F(KeptLookTest, OfAJobThatIsDoneIsThereAtOnceAndInTheNextLife) {
  const std::string source = HandInSource();
  farm_.RunAll("v");
  farm_.Restart();
  const std::string reader = HandInReader(source).job_submitted().job();
  ASSERT_NE(reader, "");
  EXPECT_THAT(FirstOf(reader).inputs(), SizeIs(1));
}

TEST_F(KeptLookTest, IsNotGivenWhenItIsDroppedMeanwhile) {
  const std::string source = HandInSource();
  farm_.RunAll("v");
  const std::string reader = HandInReader(source).job_submitted().job();
  v1::ToCoordinator drop;
  drop.mutable_drop_result()->set_job(source);
  farm_.Say("client", drop);
  EXPECT_THAT(FirstOf(reader).inputs(), IsEmpty());
}

TEST_F(KeptLookTest, IsRefusedWhereItWillNotBeThere) {
  ExpectRefused(HandInReader("j-none"), ErrorCode::kNotFound, "there is no job j-none");
  const std::string source = HandInSource();
  ExpectRefused(HandInReader(source), ErrorCode::kInvalidArgument, "has not ended");
  ExpectRefused(HandInReader(source, {source}, "bob"), ErrorCode::kPermissionDenied,
                "those of 'ada', and the job is that of 'bob'");
  farm_.RunAll("v");
  farm_.Pass(hours(2));
  ExpectRefused(HandInReader(source), ErrorCode::kFailedPrecondition, "not any more");
}

TEST_F(KeptLookTest, IsRefusedOfAJobThatSavesNone) {
  const std::string source = HandInSource(/*saves=*/false);
  ExpectRefused(HandInReader(source, {source}), ErrorCode::kFailedPrecondition,
                "saves no anchors with its result");
}

}  // namespace
}  // namespace weft::coordinator
