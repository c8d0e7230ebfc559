#include "coordinator/ledger/state_backup.h"

#include <utility>

#include <gtest/gtest.h>

#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "common/storage/upload_place.h"
#include "coordinator/core/record.h"
#include "coordinator/ledger/record_bytes.h"
#include "coordinator/ledger/rocks_ledger.h"
#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

class StateBackupTest : public ::testing::Test {
 protected:
  std::unique_ptr<BlobStore> Blobs(const std::string& folder) {
    return std::make_unique<ChecksummedBlobStore>(OpenRocksBlobStore(folder + "/blobs").value());
  }

  static Record TaskWith(std::uint32_t chunk, const std::string& blob) {
    v1::TaskRecord task;
    task.mutable_task()->set_job("j-1");
    task.mutable_task()->set_stage(v1::STAGE_FINISH);
    task.mutable_task()->set_chunk(chunk);
    task.add_outputs()->mutable_blob()->set_key(blob);
    return ToRecord(std::move(task));
  }

  static Record JobWith(const std::string& id, v1::JobState state, const std::string& input) {
    v1::JobRecord job;
    job.set_job(id);
    job.set_state(state);
    job.mutable_spec()->set_input_path(input);
    return ToRecord(std::move(job));
  }

  TemporaryFolder folder_;
  std::string state_ = folder_.File("state");
  std::string copy_ = folder_.File("copy");
};

TEST_F(StateBackupTest, CopiesWhatIsDurableWhileTheStateIsInUse) {
  const auto ledger = OpenRocksLedger(state_ + "/ledger").value();
  const auto blobs = Blobs(state_);
  const std::string latent(100'000, 'l');
  ASSERT_TRUE(blobs->Put("j-1/finish/0", latent));
  ASSERT_TRUE(blobs->Put("j-1/finish/orphan", "nobody names it"));
  ASSERT_TRUE(ledger->Commit({TaskWith(0, "j-1/finish/0"), TaskWith(1, "j-1/finish/dropped")}));
  const BackupFigures figures = BackUp(state_, copy_).value();
  EXPECT_EQ(figures.record_count, 2U);
  EXPECT_EQ(figures.blob_count, 1U);
  EXPECT_EQ(figures.blobs_missing, 1U);
  ASSERT_TRUE(ledger->Commit({TaskWith(2, "j-1/finish/2")})) << "the state is of use no more";

  const auto copied = OpenRocksLedger(copy_ + "/ledger").value()->Load().value();
  ASSERT_EQ(copied.size(), 2U);
  EXPECT_EQ(copied[0].value.task().outputs(0).blob().key(), "j-1/finish/0");
  const auto copied_blobs = Blobs(copy_);
  EXPECT_EQ(copied_blobs->Get("j-1/finish/0").value(), latent);
  EXPECT_EQ(copied_blobs->List("").value().size(), 1U);
}

TEST_F(StateBackupTest, SaysInTheCopyThatItIsOne) {
  const auto ledger = OpenRocksLedger(state_ + "/ledger").value();
  ASSERT_TRUE(Blobs(state_)->Put("j-1/a", "x"));
  v1::EpochRecord epoch;
  epoch.set_epoch(7);
  ASSERT_TRUE(ledger->Commit({ToRecord(epoch)}));
  ASSERT_TRUE(BackUp(state_, copy_));
  const auto copied = OpenRocksLedger(copy_ + "/ledger").value()->Load().value();
  ASSERT_EQ(copied.size(), 1U);
  EXPECT_EQ(copied[0].value.epoch().epoch(), 7U);
  EXPECT_TRUE(copied[0].value.epoch().copied());
  EXPECT_FALSE(ledger->Load().value()[0].value.epoch().copied());
}

TEST_F(StateBackupTest, CopiesFilesThatWereHandedInForJobsThatHaveNotEnded) {
  const auto ledger = OpenRocksLedger(state_ + "/ledger").value();
  const auto blobs = Blobs(state_);
  const UploadPlace read{"ada", std::string(64, 'a'), 3, "clip.mp4"};
  const UploadPlace done{"ada", std::string(64, 'b'), 3, "other.mp4"};
  ASSERT_TRUE(blobs->Put(read.PieceKey(0), "abc"));
  ASSERT_TRUE(blobs->Put(done.PieceKey(0), "def"));
  ASSERT_TRUE(ledger->Commit({JobWith("j-1", v1::JOB_STATE_RUNNING, read.Url()),
                              JobWith("j-2", v1::JOB_STATE_PAUSED, read.Url()),
                              JobWith("j-3", v1::JOB_STATE_DONE, done.Url())}));
  EXPECT_EQ(BackUp(state_, copy_)->blob_count, 1U);
  EXPECT_EQ(Blobs(copy_)->Get(read.PieceKey(0)).value(), "abc");
}

TEST_F(StateBackupTest, CopiesFromUnderARunningFarmWhatTheNextOneCanRead) {
  const auto blobs = Blobs(state_);
  ASSERT_TRUE(blobs->Put("j-1/finish/0", "frames"));
  const Record record = TaskWith(0, "j-1/finish/0");
  ASSERT_TRUE(BackUp({{record.key, ToBytes(record.value)}}, *blobs, copy_));
  EXPECT_EQ(Blobs(copy_)->Get("j-1/finish/0").value(), "frames");
}

TEST_F(StateBackupTest, WritesOverNothing) {
  OpenRocksLedger(state_ + "/ledger").value();
  Blobs(state_);
  ASSERT_TRUE(BackUp(state_, copy_).has_value());
  const auto again = BackUp(state_, copy_);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists);
}

TEST_F(StateBackupTest, SaysThatThereIsNoState) {
  EXPECT_FALSE(BackUp(state_, copy_).has_value());
}

}  // namespace
}  // namespace weft::coordinator
