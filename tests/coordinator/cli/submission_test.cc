#include "coordinator/cli/submission.h"

#include <chrono>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "coordinator/core/job_id.h"
#include "tests/coordinator/cli/scripted_coordinator.h"

namespace weft::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

std::vector<v1::SubmitJob> Jobs(int count) {
  std::vector<v1::SubmitJob> jobs(static_cast<std::size_t>(count));
  for (std::size_t number = 0; number < jobs.size(); ++number) {
    jobs[number].set_client_token(std::to_string(number));
  }
  return jobs;
}

v1::FromCoordinator AcceptanceOf(const v1::SubmitJob& job) {
  v1::FromCoordinator answer;
  answer.mutable_job_submitted()->set_job("j-" + job.client_token());
  answer.mutable_job_submitted()->set_client_token(job.client_token());
  return answer;
}

class SubmissionTest : public ::testing::Test {
 protected:
  std::vector<Submitted> Run(const std::vector<v1::SubmitJob>& jobs, Duration patience) {
    return Submit(jobs, client_, clock_, patience,
                  [this](std::size_t place, const Submitted& /*submitted*/) {
                    EXPECT_TRUE(told_.insert(place).second) << "told twice of " << place;
                  })
        .value();
  }

  MemoryNetwork network_;
  SteadyClock clock_;
  std::set<std::size_t> told_;
  FleetClient client_ =
      FleetClient::Open([this] { return network_.Connect("coordinator"); }, clock_, kPatience)
          .value();
};

TEST_F(SubmissionTest, EveryJobHasItsOwnAnswerInAnyOrder) {
  std::optional<v1::SubmitJob> held;
  const ScriptedCoordinator coordinator(network_, [&](const v1::ToCoordinator& message) {
    // Two at a time, the second one first.
    std::vector<v1::FromCoordinator> answers;
    if (!held.has_value()) {
      held = message.submit_job();
      return answers;
    }
    answers = {AcceptanceOf(message.submit_job()), AcceptanceOf(*held)};
    held.reset();
    return answers;
  });
  const std::vector<Submitted> all = Run(Jobs(600), kPatience);
  ASSERT_EQ(all.size(), 600U);
  for (std::size_t number = 0; number < all.size(); ++number) {
    ASSERT_EQ(all[number].answer.value().job(), "j-" + std::to_string(number));
  }
  EXPECT_EQ(told_.size(), 600U);
}

TEST_F(SubmissionTest, WhatIsLostIsHandedInAgain) {
  std::set<std::string> lost;
  const ScriptedCoordinator coordinator(
      network_, [&](const v1::ToCoordinator& message) -> std::vector<v1::FromCoordinator> {
        if (lost.insert(message.submit_job().client_token()).second) {
          return {};
        }
        return {AcceptanceOf(message.submit_job())};
      });
  for (const Submitted& submitted : Run(Jobs(3), kPatience)) {
    EXPECT_TRUE(submitted.answer.has_value());
  }
}

TEST_F(SubmissionTest, OneThatIsRefusedDoesNotCostTheOthers) {
  const ScriptedCoordinator coordinator(network_, [](const v1::ToCoordinator& message) {
    v1::FromCoordinator answer = AcceptanceOf(message.submit_job());
    if (message.submit_job().client_token() == "1") {
      *answer.mutable_request_refused()->mutable_error() =
          ToWire(Error(ErrorCode::kInvalidArgument, "steps must be 1 to 1000"));
      answer.mutable_request_refused()->set_client_token("1");
    }
    return std::vector{answer};
  });
  const std::vector<Submitted> all = Run(Jobs(3), kPatience);
  EXPECT_TRUE(all[0].answer.has_value());
  EXPECT_EQ(all[1].answer.error().message(), "steps must be 1 to 1000");
  EXPECT_TRUE(all[1].answered);
  EXPECT_TRUE(all[2].answer.has_value());
}

TEST_F(SubmissionTest, AJobThatWaitsForAnotherIsHandedInOnceThatOneIsKnown) {
  std::vector<v1::SubmitJob> jobs = Jobs(3);
  jobs[2].mutable_terms()->add_after(coordinator::JobIdOf("0").value);
  std::vector<std::string> answered;
  std::optional<v1::SubmitJob> held;  // The first, until it is asked for again.
  const ScriptedCoordinator coordinator(
      network_, [&](const v1::ToCoordinator& message) -> std::vector<v1::FromCoordinator> {
        if (message.submit_job().client_token() == "0" && !held.has_value()) {
          held = message.submit_job();
          return {};
        }
        answered.push_back(message.submit_job().client_token());
        return {AcceptanceOf(message.submit_job())};
      });
  for (const Submitted& submitted : Run(jobs, kPatience)) {
    EXPECT_TRUE(submitted.answer.has_value());
  }
  EXPECT_THAT(answered, ::testing::ElementsAre("1", "0", "2"));
}

TEST_F(SubmissionTest, WhereNobodyAnswersAllAreUnanswered) {
  const std::vector<Submitted> all = Run(Jobs(2), Duration(300));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].answer.error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(all[1].answered);
  EXPECT_TRUE(told_.empty());
}

}  // namespace
}  // namespace weft::cli
