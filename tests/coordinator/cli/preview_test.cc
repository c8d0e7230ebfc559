#include "coordinator/cli/preview.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "coordinator/core/job_table.h"
#include "coordinator/ledger/rocks_ledger.h"
#include "tests/common/temporary_folder.h"
#include "tests/coordinator/core/sample_job.h"
#include "weft/v1/tensor.pb.h"

namespace weft::cli {
namespace {

using ::testing::HasSubstr;

std::string PreviewBlob() {
  v1::Tensor tensor;
  tensor.set_element_type(v1::ELEMENT_TYPE_UINT8);
  for (const int side : {1, 4, 8, 3}) {
    tensor.add_shape(static_cast<std::uint64_t>(side));
  }
  tensor.set_data(std::string(96, '\x60'));
  return tensor.SerializeAsString();
}

// A state that a coordinator has open: one job of 20 frames in three chunks and three rounds.
class PreviewOfState : public ::testing::Test {
 protected:
  PreviewOfState() {
    coordinator::Job job;
    job.id = {"j-1"};
    job.spec = coordinator::SampleSpec();
    job.spec.set_previews(true);
    job.clip = coordinator::SampleClip(20);
    job.sequence = 1;
    EXPECT_TRUE(ledger_->Commit({job.ToRecord()}));
  }

  void Finish(std::uint32_t round, std::uint32_t chunk) {
    const std::string key = "j-1/denoise/" + std::to_string(chunk) + "." + std::to_string(round);
    ASSERT_TRUE(blobs_.Put(key, PreviewBlob()));
    v1::TaskRecord task;
    task.mutable_task()->set_job("j-1");
    task.mutable_task()->set_stage(v1::STAGE_DENOISE);
    task.mutable_task()->set_round(round);
    task.mutable_task()->set_chunk(chunk);
    task.set_state(v1::TASK_STATE_DONE);
    task.add_outputs()->set_name("preview");
    task.mutable_outputs(0)->mutable_blob()->set_key(key);
    ASSERT_TRUE(ledger_->Commit({coordinator::ToRecord(std::move(task))}));
  }

  TemporaryFolder folder_;
  std::string state_ = folder_.File("state");
  std::string sheet_ = folder_.File("sheet.png");
  std::unique_ptr<coordinator::Ledger> ledger_ =
      coordinator::OpenRocksLedger(state_ + "/ledger").value();
  ChecksummedBlobStore blobs_{OpenRocksBlobStore(state_ + "/blobs").value()};
};

TEST_F(PreviewOfState, ShowsWhatIsDoneWhileTheCoordinatorRuns) {
  Finish(0, 0);
  Finish(0, 2);
  const auto words = WritePreviews({state_, "", sheet_});
  ASSERT_TRUE(words) << words.error().message();
  EXPECT_THAT(*words, HasSubstr("rounds 0, 1, 2 from top to bottom, chunks 0, 1, 2"));
  EXPECT_THAT(*words, HasSubstr("2 of 9 pictures"));
  EXPECT_GT(std::filesystem::file_size(sheet_), 50U);
}

TEST_F(PreviewOfState, SaysThatNothingIsDoneYetOrThatThereIsNoSuchJob) {
  const auto nothing = WritePreviews({state_, "", sheet_});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), ErrorCode::kFailedPrecondition);
  const auto other = WritePreviews({state_, "j-2", sheet_});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(WritePreviews({folder_.File("nowhere"), "", sheet_}));
  EXPECT_FALSE(std::filesystem::exists(sheet_));
}

}  // namespace
}  // namespace weft::cli
