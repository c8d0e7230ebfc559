// Against a real server, on sockets in a folder.

#include "coordinator/cli/uploader.h"

#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/bulk/remote_blob_store.h"
#include "common/clock.h"
#include "coordinator/cli/job_upload.h"
#include "tests/common/temporary_folder.h"
#include "tests/coordinator/core/sample_job.h"
#include "tests/coordinator/server/running_server.h"

namespace weft::cli {
namespace {

using coordinator::OptionsIn;
using coordinator::RunningServer;
using coordinator::SampleSpec;
using ::testing::HasSubstr;

constexpr std::uint64_t kThree = 2 * kUploadPieceBytes + 7;  // Bytes of three pieces.

class UploaderTest : public ::testing::Test {
 protected:
  UploaderTest() { Start(); }

  void Start() { server_.emplace(*context_, options_); }

  std::string Make(const std::string& name, std::size_t size_bytes, char letter = 'x') {
    std::ofstream(folder_.File(name), std::ios::binary) << std::string(size_bytes, letter);
    return folder_.File(name);
  }

  Uploader Mine(UploadOptions options = {}) {
    options.pause = Duration(50);
    options.told = [this](const FileHandedIn& file) { told_.push_back(file); };
    return {client_, [this](const std::string& address) { return context_->Connect(address); },
            std::move(options)};
  }

  Result<v1::FromCoordinator> Submit(const v1::JobSpec& spec, const std::string& user) {
    v1::ToCoordinator message;
    message.mutable_submit_job()->set_client_token("token");
    *message.mutable_submit_job()->mutable_spec() = spec;
    message.mutable_submit_job()->mutable_terms()->set_user(user);
    return client_.Ask(message, v1::FromCoordinator::kJobSubmitted);
  }

  std::vector<std::string> Stored() {
    RemoteBlobStore blobs(*context_->Connect(options_.bulk_address));
    return *blobs.List("uploads/");
  }

  TemporaryFolder folder_;
  coordinator::ServerOptions options_ = OptionsIn(folder_.path().string());
  std::unique_ptr<ZmqContext> context_ = *ZmqContext::Open({});
  std::optional<RunningServer> server_;
  SteadyClock clock_;
  FleetClient client_ =
      FleetClient::Open([this] { return context_->Connect(options_.control_address); },
                        clock_,
                        std::chrono::seconds(60))
          .value();
  std::vector<FileHandedIn> told_;
};

TEST_F(UploaderTest, SendsAFileOnce) {
  const std::string path = Make("clip.mp4", kThree);
  const auto url = Mine().HandIn(path, "ada");
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(Stored().size(), 3U);
  EXPECT_EQ(ParseUploadUrl(*url)->name, "clip.mp4");
  EXPECT_EQ(Mine().NameOf(path, "ada"), *url);
  EXPECT_EQ(Mine().HandIn(path, "ada"), *url);
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(told_[0].sent_bytes, kThree);
  EXPECT_EQ(told_[1].sent_bytes, 0U);
}

TEST_F(UploaderTest, GoesOnWhereItWasStoppedAndAfterTheCoordinatorRestarted) {
  const std::string path = Make("clip.mp4", kThree);
  int asked = 0;
  UploadOptions stopped;
  stopped.is_stopped = [&] { return ++asked == 3; };
  EXPECT_EQ(Mine(std::move(stopped)).HandIn(path, "ada").error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Stored().size(), 2U);
  server_.reset();
  Start();
  const auto url = Mine().HandIn(path, "ada");
  ASSERT_TRUE(url) << url.error().message();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].sent_bytes, 7U);
}

TEST_F(UploaderTest, OffersAgainWhereTheCoordinatorRestartsInTheMiddle) {
  const std::string path = Make("clip.mp4", kThree);
  int asked = 0;
  UploadOptions restarting;
  restarting.is_stopped = [&] {
    if (++asked == 2) {  // A new life knows of no offer.
      server_.reset();
      Start();
    }
    return false;
  };
  const auto url = Mine(std::move(restarting)).HandIn(path, "ada");
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(told_.back().sent_bytes, kThree) << "no piece went twice";
  EXPECT_EQ(Stored().size(), 3U);
}

TEST_F(UploaderTest, KeepsNothingOfAFileThatChangesMeanwhile) {
  const std::string path = Make("clip.mp4", kThree);
  UploadOptions changing;
  changing.is_stopped = [&] {
    Make("clip.mp4", kThree, 'y');
    return false;
  };
  const auto url = Mine(std::move(changing)).HandIn(path, "ada");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(url.error().message(), HasSubstr("changes"));
  EXPECT_TRUE(Stored().empty());
}

TEST_F(UploaderTest, TrustsWhatIsThereToItsReader) {
  const std::string path = Make("clip.mp4", kThree);
  const UploadPlace place = *ParseUploadUrl(*Mine().HandIn(path, "ada"));
  {
    RemoteBlobStore blobs(*context_->Connect(options_.bulk_address));
    ASSERT_TRUE(blobs.DeletePrefix(place.PieceKey(0)));
    ASSERT_TRUE(blobs.DeletePrefix(place.PieceKey(2)));
    ASSERT_TRUE(blobs.Put(place.PieceKey(2), "another"));
  }
  server_.reset();
  Start();
  ASSERT_TRUE(Mine().HandIn(path, "ada")) << "piece 0 is missing, piece 2 is there";
  RemoteBlobStore blobs(*context_->Connect(options_.bulk_address));
  EXPECT_EQ(*blobs.Get(place.PieceKey(2)), "another") << "its reader finds that, and drops it";
}

TEST_F(UploaderTest, SaysWhyAFileIsNotTaken) {
  server_.reset();
  options_.uploads.file_bytes_max = 10;
  Start();
  const auto large = Mine().HandIn(Make("clip.mp4", 11), "ada");
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().message(), HasSubstr("clip.mp4"));
  EXPECT_THAT(large.error().message(), HasSubstr("upload-file-gb"));
  EXPECT_THAT(Mine().HandIn(folder_.path().string(), "ada").error().message(),
              HasSubstr("a folder cannot be handed in"));
  EXPECT_EQ(Mine().HandIn(folder_.File("none"), "ada").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(Mine().HandIn(Make("empty.mp4", 0), "ada"));
  EXPECT_TRUE(Stored().empty());
}

TEST_F(UploaderTest, JobsStartOnlyWithAllTheirFiles) {
  v1::JobSpec spec = SampleSpec();
  spec.set_input_path(*Mine().NameOf(Make("clip.mp4", kThree), "ada"));
  const auto early = Submit(spec, "ada");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(early.error().message(), HasSubstr("clip.mp4 is not here"));
  ASSERT_TRUE(Mine().HandIn(folder_.File("clip.mp4"), "ada"));
  const auto others = Submit(spec, "bob");
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_TRUE(Submit(spec, "ada"));
}

TEST_F(UploaderTest, FilesOfAJobGoWithIt) {
  server_.reset();
  options_.uploads.keep = Duration(0);
  Start();
  v1::SubmitJob job;
  job.set_client_token("token");
  *job.mutable_spec() = SampleSpec();
  job.mutable_spec()->set_input_path(Make("clip.mp4", kThree));
  job.mutable_terms()->set_user("ada");
  Result<v1::FromCoordinator> submitted = Failure(ErrorCode::kFailedPrecondition, "");
  while (!submitted) {  // What nobody reads yet may be dropped at once.
    ASSERT_EQ(submitted.error().code(), ErrorCode::kFailedPrecondition);
    std::vector<v1::SubmitJob> jobs = {job};
    Uploader uploader = Mine();
    ASSERT_TRUE(UploadFiles(jobs, true, false, client_, uploader));
    submitted = Submit(jobs[0].spec(), "ada");
  }
  v1::ToCoordinator cancel;
  cancel.mutable_cancel_job()->set_job(submitted->job_submitted().job());
  ASSERT_TRUE(client_.Ask(cancel, v1::FromCoordinator::kJobStatus));
  while (!Stored().empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  v1::ToCoordinator retry;
  retry.mutable_retry_job()->set_job(submitted->job_submitted().job());
  EXPECT_EQ(client_.Ask(retry, v1::FromCoordinator::kJobStatus).error().code(),
            ErrorCode::kFailedPrecondition)
      << "its clip is gone";
}

TEST(JobUpload, NamesWhatCannotBeHandedIn) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("clip.mp4")) << "clip";
  v1::JobSpec spec = SampleSpec();
  spec.set_input_path(folder.File("clip.mp4"));
  spec.set_model_path("/only/where/workers/are");
  spec.set_look_path("/saved/by/another.look");
  EXPECT_TRUE(CheckOwnFiles(spec, {"/saved/by/another.look"}));
  EXPECT_THAT(CheckOwnFiles(spec, {}).error().message(), HasSubstr("another.look"));
  spec.clear_look_path();
  spec.add_loras()->set_path(folder.path().string());
  EXPECT_THAT(CheckOwnFiles(spec, {}).error().message(), HasSubstr("a folder"));
  spec.mutable_loras(0)->set_path("s3://reels/grain.safetensors");
  EXPECT_TRUE(CheckOwnFiles(spec, {}));
}

}  // namespace
}  // namespace weft::cli
