#include "coordinator/cli/fleet_client.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "tests/coordinator/cli/scripted_coordinator.h"

namespace weft::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

v1::FromCoordinator ListOf(const std::vector<std::string>& ids) {
  v1::FromCoordinator answer;
  answer.mutable_job_list();
  for (const std::string& id : ids) {
    answer.mutable_job_list()->add_jobs()->set_job(id);
  }
  return answer;
}

class FleetClientTest : public ::testing::Test {
 protected:
  FleetClient Open(Duration patience) {
    return FleetClient::Open([this] { return network_.Connect("coordinator"); }, clock_, patience)
        .value();
  }

  MemoryNetwork network_;
  SteadyClock clock_;
  FleetClient client_ = Open(kPatience);
};

TEST_F(FleetClientTest, AsksAgainUntilItIsAnswered) {
  int asked = 0;
  const ScriptedCoordinator coordinator(
      network_, [&](const v1::ToCoordinator& /*message*/) -> std::vector<v1::FromCoordinator> {
        return ++asked < 2 ? std::vector<v1::FromCoordinator>{} : std::vector{ListOf({"j-1"})};
      });
  v1::ToCoordinator question;
  question.mutable_list_jobs();
  const auto answer = client_.Ask(question, v1::FromCoordinator::kJobList);
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->job_list().jobs(0).job(), "j-1");
}

TEST_F(FleetClientTest, WhatIsNoAnswerIsLeftAside) {
  const ScriptedCoordinator coordinator(network_, [](const v1::ToCoordinator& /*message*/) {
    v1::FromCoordinator other;
    other.mutable_worker_list();
    return std::vector{other, ListOf({"j-1"})};
  });
  v1::ToCoordinator question;
  question.mutable_list_jobs();
  EXPECT_TRUE(client_.Ask(question, v1::FromCoordinator::kJobList).has_value());
}

TEST_F(FleetClientTest, AnAnswerThatComesTwiceIsNotThatOfTheNextQuestion) {
  int asked = 0;
  const ScriptedCoordinator coordinator(
      network_, [&](const v1::ToCoordinator& message) -> std::vector<v1::FromCoordinator> {
        const std::string& match = message.list_jobs().match();
        if (++asked == 1) {
          return {};  // Held up: what is said again is answered with it.
        }
        return {ListOf({match}), ListOf({match})};
      });
  EXPECT_EQ(client_.FindJob("j-1").value().job(), "j-1");
  EXPECT_EQ(client_.FindJob("j-2").value().job(), "j-2");
}

TEST_F(FleetClientTest, ALateRefusalOfWhatWasSaidIsNotThatOfAQuestion) {
  const ScriptedCoordinator coordinator(network_, [](const v1::ToCoordinator& message) {
    v1::FromCoordinator refusal;
    *refusal.mutable_request_refused()->mutable_error() =
        ToWire(Error(ErrorCode::kNotFound, "no such job"));
    return std::vector{message.has_watch_job() ? refusal : ListOf({"j-2"})};
  });
  v1::ToCoordinator watch;
  watch.mutable_watch_job()->set_job("j-1");
  ASSERT_TRUE(client_.Say(watch));
  EXPECT_EQ(client_.FindJob("j-2").value().job(), "j-2");
}

TEST_F(FleetClientTest, ARefusalIsItsError) {
  const ScriptedCoordinator coordinator(network_, [](const v1::ToCoordinator& /*message*/) {
    v1::FromCoordinator refusal;
    *refusal.mutable_request_refused()->mutable_error() =
        ToWire(Error(ErrorCode::kNotFound, "no such job"));
    return std::vector{refusal};
  });
  v1::ToCoordinator question;
  question.mutable_show_job();
  const auto answer = client_.Ask(question, v1::FromCoordinator::kJobDetails);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNotFound);
}

TEST_F(FleetClientTest, GivesUpWhereNobodyIs) {
  FleetClient impatient = Open(Duration(200));
  v1::ToCoordinator question;
  question.mutable_list_jobs();
  const auto answer = impatient.Ask(question, v1::FromCoordinator::kJobList);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message(), ::testing::HasSubstr("--keys must name a key among them"));
}

TEST_F(FleetClientTest, AJobIsFoundWhereOneAloneIsMeant) {
  std::vector<std::string> ids = {"j-1"};
  const ScriptedCoordinator coordinator(
      network_, [&](const v1::ToCoordinator& /*message*/) { return std::vector{ListOf(ids)}; });
  EXPECT_EQ(client_.FindJob("j").value().job(), "j-1");
  ids = {"j-1", "j-2"};
  EXPECT_EQ(client_.FindJob("j").error().message(),
            "\"j\" means several jobs: j-1, j-2; take one of these ids");
  ids.clear();
  EXPECT_EQ(client_.FindJob("j").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft::cli
