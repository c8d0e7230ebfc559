#include "coordinator/server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/bulk/remote_blob_store.h"
#include "tests/common/temporary_folder.h"
#include "tests/coordinator/core/sample_job.h"
#include "tests/coordinator/server/running_server.h"
#include "tests/coordinator/server/story.h"

namespace weft::coordinator {
namespace {

class ServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> Connect() {
    return context_->Connect(options_.control_address).value();
  }

  // Sends until it is taken: a connection takes nothing before the other side is there.
  void Say(Connection& connection, const std::string& bytes) {
    const Time end = clock_.Now() + Story::kPatience;
    while (!connection.Send(bytes) && clock_.Now() < end) {
      static_cast<void>(connection.Receive(Duration(1)));
    }
  }

  std::optional<v1::FromCoordinator> Hear(Connection& connection, Duration patience) {
    const auto bytes = connection.Receive(patience).value();
    v1::FromCoordinator message;
    if (!bytes.has_value() || !message.ParseFromString(*bytes)) {
      return std::nullopt;
    }
    return message;
  }

  TemporaryFolder folder_;
  ServerOptions options_ = OptionsIn(folder_.path().string());
  std::unique_ptr<ZmqContext> context_ = ZmqContext::Open().value();
  SteadyClock clock_;
};

TEST_F(ServerTest, CarriesAJobFromSubmissionToItsEnd) {
  RunningServer server(*context_, options_);
  Story story(Connect(), Connect());
  ASSERT_TRUE(story.LiveUntil(HasEnded));
  const v1::JobStatus& end = *story.Client().end();
  EXPECT_EQ(end.state(), v1::JOB_STATE_DONE);
  EXPECT_EQ(end.frames_done(), 20U);
  EXPECT_EQ(end.frames_total(), 20U);
  EXPECT_EQ(end.fraction(), 1);
  EXPECT_EQ(end.workers(), 1U);
  EXPECT_EQ(story.Worker().Complaint(), "");
  EXPECT_EQ(story.Client().Complaint(), "");
  EXPECT_EQ(story.Welcome()->bulk_address(), options_.bulk_address);
  EXPECT_TRUE(server.Stop());
}

TEST_F(ServerTest, GoesOnWithAJobAfterARestart) {
  Story story(Connect(), Connect());
  {
    RunningServer first(*context_, options_);
    ASSERT_TRUE(story.LiveUntil([](const Story& so_far) { return so_far.BlobCount() >= 6; }));
    ASSERT_FALSE(HasEnded(story));
  }
  const std::size_t blobs_before = story.BlobCount();
  RunningServer second(*context_, options_);
  ASSERT_TRUE(story.LiveUntil(HasEnded));
  EXPECT_EQ(story.Client().end()->state(), v1::JOB_STATE_DONE);
  EXPECT_EQ(story.Client().Complaint(), "");
  EXPECT_EQ(story.Worker().Complaint(), "");
  EXPECT_EQ(story.Welcome()->epoch(), 2U);
  // 3 chunks: control, latents of 3 rounds, x0 of 2, segment; and 2 anchors. At most the attempt
  // that the restart met ran twice.
  EXPECT_GT(blobs_before, 5U);
  EXPECT_LE(story.BlobCount(), 3U * (1 + 3 + 2 + 1) + 2 + 2);
}

TEST_F(ServerTest, AnswersGarbageAndLivesOn) {
  RunningServer server(*context_, options_);
  const auto connection = Connect();
  Say(*connection, "\xff\xff no message");
  const auto refusal = Hear(*connection, Story::kPatience);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->request_refused().error().code(),
            static_cast<std::uint32_t>(ErrorCode::kInvalidArgument));
  Say(*connection, "");  // A message without a body, such as a newer peer would send.
  const auto unknown = Hear(*connection, Story::kPatience);
  ASSERT_TRUE(unknown.has_value());
  EXPECT_EQ(unknown->request_refused().error().code(),
            static_cast<std::uint32_t>(ErrorCode::kUnsupported));
  v1::ToCoordinator watch;
  watch.mutable_watch_job()->set_job("j-none");
  Say(*connection, watch.SerializeAsString());
  const auto not_found = Hear(*connection, Story::kPatience);
  ASSERT_TRUE(not_found.has_value());
  EXPECT_EQ(not_found->request_refused().error().code(),
            static_cast<std::uint32_t>(ErrorCode::kNotFound));
  EXPECT_TRUE(server.Stop());
}

TEST_F(ServerTest, AcceptsNoJobsWhileTheDiskIsLow) {
  options_.disk.low_bytes = std::uint64_t{1} << 60;
  RunningServer server(*context_, options_);
  const auto connection = Connect();
  v1::ToCoordinator submit;
  submit.mutable_submit_job()->set_client_token("token");
  *submit.mutable_submit_job()->mutable_spec() = SampleSpec();
  Say(*connection, submit.SerializeAsString());
  const auto refusal = Hear(*connection, Story::kPatience);
  ASSERT_TRUE(refusal.has_value());
  const v1::Error& error = refusal->request_refused().error();
  EXPECT_EQ(error.code(), static_cast<std::uint32_t>(ErrorCode::kNoSpace));
  EXPECT_THAT(error.message(), ::testing::HasSubstr("MiB left"));
}

TEST_F(ServerTest, HoldsAJobBackUntilTheDiskHasRoom) {
  Story story(Connect(), Connect());
  {
    RunningServer first(*context_, options_);
    ASSERT_TRUE(story.LiveUntil([](const Story& so_far) { return so_far.BlobCount() >= 2; }));
  }
  {
    ServerOptions low = options_;
    low.disk.low_bytes = std::uint64_t{1} << 60;
    RunningServer second(*context_, low);
    ASSERT_TRUE(story.LiveUntil([](const Story& so_far) {
      return so_far.Welcome().has_value() && so_far.Welcome()->epoch() == 2;
    }));
    const std::size_t blobs = story.BlobCount();
    const Time end = clock_.Now() + Duration(300);
    story.LiveUntil([&](const Story&) { return clock_.Now() >= end; });
    EXPECT_LE(story.BlobCount(), blobs + 2) << "more than the task that was running has ended";
    EXPECT_FALSE(HasEnded(story));
  }
  RunningServer third(*context_, options_);
  ASSERT_TRUE(story.LiveUntil(HasEnded));
  EXPECT_EQ(story.Client().end()->state(), v1::JOB_STATE_DONE);
}

TEST_F(ServerTest, KeepsBlobsOverARestart) {
  const std::string latent(3'000'000, 'x');
  {
    RunningServer server(*context_, options_);
    RemoteBlobStore store(
        context_->Connect(options_.bulk_address, {.message_bytes_max = 2 << 20}).value());
    ASSERT_TRUE(store.Put("j/latents", latent));
  }
  RunningServer server(*context_, options_);
  RemoteBlobStore store(
      context_->Connect(options_.bulk_address, {.message_bytes_max = 2 << 20}).value());
  EXPECT_TRUE(store.Get("j/latents").value() == latent);
}

TEST_F(ServerTest, SaysThatAnotherCoordinatorRunsOnTheFolder) {
  RunningServer server(*context_, options_);
  ServerOptions elsewhere = options_;
  elsewhere.control_address += "-2";
  elsewhere.bulk_address += "-2";
  const auto second = Server::Open(*context_, elsewhere, Log::Silent());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(second.error().message(), ::testing::HasSubstr("another coordinator runs on"));
}

}  // namespace
}  // namespace weft::coordinator
