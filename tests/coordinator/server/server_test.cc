#include "coordinator/server/server.h"

#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zmq.hpp>

#include "common/bulk/remote_blob_store.h"
#include "common/checksum.h"
#include "coordinator/core/worker_desk.h"
#include "coordinator/ledger/rocks_ledger.h"
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

TEST_F(ServerTest, BeginsNoBlobStoreBesideALedgerWithJobs) {
  {
    RunningServer server(*context_, options_);
    Story story(Connect(), Connect());
    ASSERT_TRUE(story.LiveUntil([](const Story& so_far) { return so_far.BlobCount() >= 2; }));
  }
  std::filesystem::rename(options_.state_folder + "/blobs", options_.state_folder + "/away");
  const auto refused = Server::Open(*context_, options_, Log::Silent());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("is its file system mounted?"));
  std::filesystem::rename(options_.state_folder + "/away", options_.state_folder + "/blobs");
  EXPECT_TRUE(Server::Open(*context_, options_, Log::Silent()).has_value());
}

TEST_F(ServerTest, GivesBackWhatAForgottenJobHasTaken) {
  const auto records = [&] {
    const auto ledger = OpenRocksLedger(options_.state_folder + "/ledger").value();
    return ledger->Load().value();
  };
  std::string job;
  {
    RunningServer server(*context_, options_);
    Story story(Connect(), Connect());
    ASSERT_TRUE(story.LiveUntil(HasEnded));
    job = story.Client().Job();
  }
  ASSERT_GT(records().size(), 10U) << "tasks";
  {
    RunningServer server(*context_, options_);
    const auto connection = Connect();
    RemoteBlobStore store(
        context_->Connect(options_.bulk_address, {.message_bytes_max = 2 << 20}).value());
    ASSERT_TRUE(store.Put(job + "/finish/0.0/e1a1/late", "stored"));
    v1::ToCoordinator forget;
    forget.mutable_forget_job()->set_job(job);
    Say(*connection, forget.SerializeAsString());
    const auto answer = Hear(*connection, Story::kPatience);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->job_forgotten().job(), job);
    const Time end = clock_.Now() + Story::kPatience;
    while (!store.List(job + "/").value().empty() && clock_.Now() < end) {
      static_cast<void>(connection->Receive(Duration(10)));
    }
    EXPECT_TRUE(store.List(job + "/").value().empty());
    EXPECT_TRUE(server.Stop());
  }
  std::vector<std::string> keys;
  for (const Record& record : records()) {
    keys.push_back(record.key);
  }
  EXPECT_THAT(keys, ::testing::ElementsAre("epoch", "job/" + job)) << "that there was one";
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
  // 3 chunks: control, latents of 3 rounds, x0 of 2, segment; 8 pictures that they lend one another
  // in each round; and 2 anchors. At most the attempt that the restart met ran twice: latents, x0
  // and 4 pictures.
  EXPECT_GT(blobs_before, 5U);
  EXPECT_LE(story.BlobCount(), 3U * (1 + 3 + 2 + 1 + 8) + 2 + 6);
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

TEST_F(ServerTest, TakesNothingFromOtherThreadsThatItCouldNotReadAfterARestart) {
  {
    RunningServer server(*context_, options_);
    v1::ToCoordinator question;
    question.mutable_drain_worker()->set_worker("m\xFCller");
    std::promise<v1::FromCoordinator> answered;
    server.Board().Ask({}, question,
                       [&](const v1::FromCoordinator& answer) { answered.set_value(answer); });
    const v1::FromCoordinator answer = answered.get_future().get();
    EXPECT_EQ(answer.request_refused().error().message(),
              "drain_worker.worker is not UTF-8, as all texts must be");
    EXPECT_TRUE(server.Stop());
  }
  RunningServer again(*context_, options_);  // Throws where the ledger cannot be read.
  EXPECT_TRUE(again.Stop());
}

TEST_F(ServerTest, HearsNobodyWhoTakesTheNameOfAnotherThread) {
  RunningServer server(*context_, options_);
  zmq::context_t context;
  zmq::socket_t impostor(context, zmq::socket_type::dealer);
  impostor.set(zmq::sockopt::routing_id, "here/1");
  impostor.set(zmq::sockopt::linger, 0);
  impostor.connect(options_.control_address);
  v1::ToCoordinator question;
  question.mutable_show_job()->set_job("j-of-the-impostor");
  impostor.send(zmq::buffer(question.SerializeAsString()));
  // Long heard by now, if at all: another connection's question is answered.
  const auto connection = Connect();
  Say(*connection, question.SerializeAsString());
  ASSERT_TRUE(Hear(*connection, Story::kPatience).has_value());
  std::promise<v1::FromCoordinator> answered;
  question.mutable_show_job()->set_job("j-of-the-thread");
  server.Board().Ask({}, question,
                     [&](const v1::FromCoordinator& answer) { answered.set_value(answer); });
  EXPECT_THAT(answered.get_future().get().request_refused().error().message(),
              ::testing::HasSubstr("j-of-the-thread"));
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

// A worker that runs what it is given, over a real connection, and brings what a test wants it to.
class HonestyTest : public ServerTest {
 protected:
  void Hello() {
    v1::ToCoordinator message;
    v1::WorkerHello& hello = *message.mutable_worker_hello();
    hello.set_protocol_min(kProtocolMin);
    hello.set_protocol_max(kProtocolMax);
    hello.set_worker("w");
    hello.set_instance(7);
    hello.set_device("cpu");
    Say(*worker_, message.SerializeAsString());
  }

  void Submit() {
    v1::ToCoordinator message;
    message.mutable_submit_job()->set_client_token("token");
    *message.mutable_submit_job()->mutable_spec() = SampleDeflicker();
    Say(*worker_, message.SerializeAsString());
  }

  // The next task, which the worker is given after whatever else it is told.
  v1::Task NextTask() {
    for (const Time end = clock_.Now() + Story::kPatience; clock_.Now() < end;) {
      const auto message = Hear(*worker_, kPause);
      if (message.has_value() && message->has_assign_task()) {
        return message->assign_task().task();
      }
      if (!message.has_value()) {
        v1::ToCoordinator beat;
        beat.mutable_worker_heartbeat();
        Say(*worker_, beat.SerializeAsString());
      }
    }
    ADD_FAILURE() << "no task came";
    return {};
  }

  // Says that the task is done; true when that counts.
  bool Complete(const v1::Task& task, const std::vector<v1::Output>& outputs) {
    v1::ToCoordinator message;
    v1::TaskCompleted& completed = *message.mutable_task_completed();
    *completed.mutable_attempt() = task.attempt();
    *completed.mutable_result()->mutable_clip() = SampleClip(8);
    for (const v1::Output& output : outputs) {
      *completed.mutable_result()->add_outputs() = output;
    }
    Say(*worker_, message.SerializeAsString());
    for (const Time end = clock_.Now() + Story::kPatience; clock_.Now() < end;) {
      const auto answer = Hear(*worker_, kPause);
      if (answer.has_value() && answer->has_outcome_acknowledged()) {
        return !answer->outcome_acknowledged().superseded();
      }
    }
    ADD_FAILURE() << "no acknowledgement came";
    return false;
  }

  static v1::Output Segment(const v1::Task& task, const std::string& bytes) {
    v1::Output output;
    output.set_name("segment");
    output.mutable_blob()->set_key(task.output_prefix() + "segment");
    output.mutable_blob()->set_size_bytes(bytes.size());
    output.mutable_blob()->set_checksum(Xxh3(bytes));
    return output;
  }

  static constexpr Duration kPause{50};  // Between two heartbeats.

  std::unique_ptr<RunningServer> Serve() {
    options_.trusts_outputs = false;
    options_.heartbeat = Duration(100);
    auto server = std::make_unique<RunningServer>(*context_, options_);
    worker_ = Connect();
    store_ = std::make_unique<RemoteBlobStore>(
        context_->Connect(options_.bulk_address, {.message_bytes_max = 2 << 20}).value());
    return server;
  }

  std::unique_ptr<Connection> worker_;
  std::unique_ptr<RemoteBlobStore> store_;
};

TEST_F(HonestyTest, RefusesAResultThatIsNotInTheStoreAsItWasSaid) {
  const auto server = Serve();
  Hello();
  Submit();
  ASSERT_TRUE(Complete(NextTask(), {}));
  const v1::Task early = NextTask();
  EXPECT_FALSE(Complete(early, {Segment(early, "frames")})) << "nothing is stored yet";
  const v1::Task task = NextTask();
  ASSERT_NE(task.attempt().number(), early.attempt().number());
  ASSERT_TRUE(store_->Put(task.output_prefix() + "segment", "frames"));
  EXPECT_TRUE(Complete(task, {Segment(task, "frames")}));
}

TEST_F(HonestyTest, DropsWhatNobodyReadsAnyMore) {
  const auto until_there_are = [&](std::size_t count) {
    const Time end = clock_.Now() + Story::kPatience;
    while (store_->List("").value().size() != count && clock_.Now() < end) {
      static_cast<void>(worker_->Receive(kPause));
    }
    EXPECT_EQ(store_->List("").value().size(), count);
  };
  auto server = Serve();
  Hello();
  Submit();
  ASSERT_TRUE(Complete(NextTask(), {}));
  const v1::Task finish = NextTask();
  const std::string segment = finish.output_prefix() + "segment";
  ASSERT_TRUE(store_->Put(segment, "frames"));
  // What attempts have left that came to nothing, and something that is not the farm's.
  std::string orphan = segment;
  orphan.replace(orphan.find("/e1a1/"), 6, "/e1a9/");
  ASSERT_TRUE(store_->Put(orphan, "frames of nobody"));
  ASSERT_TRUE(store_->Put("notes/of-an-operator", "keep"));
  ASSERT_TRUE(Complete(finish, {Segment(finish, "frames")}));
  const v1::Task assemble = NextTask();
  EXPECT_EQ(store_->List("").value().size(), 3U);

  server.reset();
  server = Serve();
  Hello();
  until_there_are(2);
  EXPECT_EQ(store_->Get(segment).value(), "frames") << "it is still read";
  ASSERT_TRUE(Complete(assemble, {}));
  until_there_are(1);
  EXPECT_EQ(store_->Get("notes/of-an-operator").value(), "keep");
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
