#include "coordinator/cli/job_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/transport/memory_transport.h"
#include "common/wire/error_wire.h"

namespace weft::cli {
namespace {

constexpr Duration kNoWait{0};

// The other side, by hand.
class JobClientTest : public testing::Test {
 protected:
  JobClientTest() {
    listener_ = network_.Listen("coordinator").value();
    connection_ = network_.Connect("coordinator").value();
  }

  JobClient Client(bool earlier_will_do = false) {
    v1::JobSpec spec;
    spec.set_steps(20);
    return JobClient(*connection_, clock_, {"token", spec, earlier_will_do});
  }

  // What the client said; an empty message when it said nothing.
  v1::ToCoordinator Heard() {
    v1::ToCoordinator message;
    const auto received = listener_->Receive(kNoWait).value();
    if (received) {
      peer_ = received->from;
      EXPECT_TRUE(message.ParseFromString(received->bytes));
    }
    return message;
  }

  void Say(const v1::FromCoordinator& message) {
    ASSERT_TRUE(listener_->Send(peer_, message.SerializeAsString()));
  }

  void SaySubmitted(const std::string& job, bool existed) {
    v1::FromCoordinator message;
    message.mutable_job_submitted()->set_job(job);
    message.mutable_job_submitted()->set_existed(existed);
    Say(message);
  }

  void SayStatus(const std::string& job, v1::JobState state) {
    v1::FromCoordinator message;
    message.mutable_job_status()->set_job(job);
    message.mutable_job_status()->set_state(state);
    Say(message);
  }

  MemoryNetwork network_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Connection> connection_;
  ManualClock clock_;
  PeerId peer_;
};

TEST_F(JobClientTest, SubmitsThenWatches) {
  JobClient client = Client();
  ASSERT_FALSE(client.Poll(kNoWait).value());
  const v1::ToCoordinator submit = Heard();
  EXPECT_EQ(submit.submit_job().client_token(), "token");
  EXPECT_EQ(submit.submit_job().spec().steps(), 20U);
  SaySubmitted("j-1", false);
  ASSERT_FALSE(client.Poll(kNoWait).value());
  ASSERT_FALSE(client.Poll(kNoWait).value());
  EXPECT_EQ(Heard().watch_job().job(), "j-1");
  SayStatus("j-1", v1::JOB_STATE_RUNNING);
  EXPECT_EQ(client.Poll(kNoWait).value()->state(), v1::JOB_STATE_RUNNING);
}

TEST_F(JobClientTest, AsksAgainOnceASecondUntilAnswered) {
  JobClient client = Client();
  ASSERT_FALSE(client.Poll(kNoWait).value());
  EXPECT_TRUE(Heard().has_submit_job());
  ASSERT_FALSE(client.Poll(kNoWait).value());
  EXPECT_FALSE(Heard().has_submit_job());
  clock_.Advance(std::chrono::seconds(1));
  ASSERT_FALSE(client.Poll(kNoWait).value());
  EXPECT_TRUE(Heard().has_submit_job());
}

TEST_F(JobClientTest, GoesOnWithAnEarlierJobThatRuns) {
  JobClient client = Client();
  ASSERT_TRUE(client.Poll(kNoWait));
  Heard();
  SaySubmitted("j-1", true);
  ASSERT_TRUE(client.Poll(kNoWait));
  SayStatus("j-1", v1::JOB_STATE_RUNNING);
  EXPECT_EQ(client.Poll(kNoWait).value()->state(), v1::JOB_STATE_RUNNING);
  SayStatus("j-1", v1::JOB_STATE_FAILED);
  EXPECT_EQ(client.Poll(kNoWait).value()->state(), v1::JOB_STATE_FAILED);
}

TEST_F(JobClientTest, TriesAnewWhatFailedEarlier) {
  JobClient client = Client();
  ASSERT_TRUE(client.Poll(kNoWait));
  Heard();
  SaySubmitted("j-1", true);
  ASSERT_TRUE(client.Poll(kNoWait));
  SayStatus("j-1", v1::JOB_STATE_FAILED);
  EXPECT_FALSE(client.Poll(kNoWait).value());
  EXPECT_EQ(Heard().watch_job().job(), "j-1");
  ASSERT_TRUE(client.Poll(kNoWait));
  EXPECT_EQ(Heard().submit_job().client_token(), "token.2");
  SaySubmitted("j-2", false);
  ASSERT_TRUE(client.Poll(kNoWait));
  SayStatus("j-1", v1::JOB_STATE_FAILED);  // Of the old one: no news.
  EXPECT_FALSE(client.Poll(kNoWait).value());
  SayStatus("j-2", v1::JOB_STATE_FAILED);  // A new job's failure is.
  EXPECT_EQ(client.Poll(kNoWait).value()->state(), v1::JOB_STATE_FAILED);
}

TEST_F(JobClientTest, TakesAnEarlierResultOnlyWhereItWillDo) {
  for (const bool will_do : {true, false}) {
    JobClient client = Client(will_do);
    ASSERT_TRUE(client.Poll(kNoWait));
    Heard();
    SaySubmitted("j-1", true);
    ASSERT_TRUE(client.Poll(kNoWait));
    SayStatus("j-1", v1::JOB_STATE_DONE);
    EXPECT_EQ(client.Poll(kNoWait).value().has_value(), will_do);
    Heard();
  }
}

TEST_F(JobClientTest, PassesARefusalOn) {
  JobClient client = Client();
  ASSERT_TRUE(client.Poll(kNoWait));
  Heard();
  v1::FromCoordinator message;
  *message.mutable_request_refused()->mutable_error() =
      ToWire(Error(ErrorCode::kInvalidArgument, "steps is 0"));
  Say(message);
  const auto polled = client.Poll(kNoWait);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(polled.error().message(), "steps is 0");
}

TEST_F(JobClientTest, DoesNotWaitForEver) {
  JobClient client = Client();
  ASSERT_TRUE(client.Poll(kNoWait));
  clock_.Advance(std::chrono::seconds(61));
  const auto polled = client.Poll(kNoWait);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace weft::cli
