#include "coordinator/ledger/state_check.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"
#include "common/storage/upload_place.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/record.h"
#include "coordinator/ledger/record_bytes.h"
#include "tests/common/temporary_folder.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kNoLimit = 0;

// A running render of two chunks, all of whose records and blobs are as they should be.
class StateCheckTest : public ::testing::Test {
 protected:
  StateCheckTest() {
    SetJob(v1::JOB_STATE_RUNNING);
    Done(Stage::kProbe, 0, 0, "");
    Done(Stage::kDenoise, 0, 2, "latents");
    Done(Stage::kDenoise, 1, 2, "latents");
    Done(Stage::kFinish, 0, 0, "segment");
  }

  void SetJob(v1::JobState state, const std::string& input = "/in.mp4") {
    v1::JobRecord job;
    job.set_job("j-1");
    job.set_state(state);
    *job.mutable_spec() = SampleSpec();
    job.mutable_spec()->set_input_path(input);
    *job.mutable_clip() = SampleClip(16);
    job.set_sequence(1);
    Put(ToRecord(std::move(job)));
  }

  void Done(Stage stage, std::uint32_t chunk, std::uint32_t round, const std::string& output) {
    v1::TaskRecord task;
    *task.mutable_task() = ToWire(TaskId{{"j-1"}, stage, chunk, round});
    task.set_state(v1::TASK_STATE_DONE);
    task.set_attempt(1);
    task.set_epoch(1);
    if (!output.empty()) {
      v1::Output& stored = *task.add_outputs();
      const std::string bytes = Name(stage) + output;
      stored.set_name(output);
      stored.mutable_blob()->set_key(KeyOf(stage, chunk, round));
      stored.mutable_blob()->set_size_bytes(bytes.size());
      stored.mutable_blob()->set_checksum(Xxh3(bytes));
      ASSERT_TRUE(blobs_.Put(KeyOf(stage, chunk, round), bytes));
    }
    Put(ToRecord(std::move(task)));
  }

  static std::string KeyOf(Stage stage, std::uint32_t chunk, std::uint32_t round) {
    return "j-1/" + Name(stage) + "/" + std::to_string(chunk) + "." + std::to_string(round);
  }

  void Put(const Record& record) { records_.push_back({record.key, ToBytes(record.value)}); }

  StateCheck Check() { return CheckState(records_, blobs_).value(); }

  // The keys of the records that Repair() would write, and that all of them wait again.
  static std::vector<std::string> RunAgain(const StateCheck& check) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < check.puts.size(); ++i) {
      const auto [key, bytes] = check.puts.At(i);
      const v1::LedgerRecord value = FromBytes(key, bytes).value();
      EXPECT_EQ(value.task().state(), v1::TASK_STATE_WAITING);
      EXPECT_EQ(value.task().attempt(), 1U);
      EXPECT_EQ(value.task().outputs_size(), 0);
      keys.emplace_back(key);
    }
    return keys;
  }

  static std::string RecordKey(Stage stage, std::uint32_t chunk, std::uint32_t round) {
    v1::TaskRecord task;
    *task.mutable_task() = ToWire(TaskId{{"j-1"}, stage, chunk, round});
    return ToRecord(std::move(task)).key;
  }

  MemoryBlobStore blobs_;
  std::vector<RawRecord> records_;
};

// Has more files open than it may.
class BusyStore : public MemoryBlobStore {
 public:
  Result<std::string> Get(const std::string& key) override {
    return Failure(ErrorCode::kInternal, key + ": too many open files");
  }
};

TEST_F(StateCheckTest, TakesNothingForDamagedThatItCouldNotRead) {
  BusyStore busy;
  const UploadPlace place{"ada", std::string(64, 'a'), 3, "clip.mp4"};
  ASSERT_TRUE(busy.Put(place.PieceKey(0), "x"));
  const StateCheck check = CheckState(records_, busy).value();
  ASSERT_EQ(check.defects.size(), 4U) << "three outputs and a piece of a file";
  for (const Defect& defect : check.defects) {
    EXPECT_THAT(defect.what, HasSubstr("too many open files: it may be whole"));
    EXPECT_EQ(defect.remedy, "");
  }
  EXPECT_TRUE(check.puts.empty() && check.deletes.empty() && check.blob_deletes.empty());
}

TEST_F(StateCheckTest, FindsNothingWrongWithAWholeState) {
  const StateCheck check = Check();
  EXPECT_TRUE(check.defects.empty());
  EXPECT_TRUE(check.puts.empty() && check.deletes.empty() && check.blob_deletes.empty());
  EXPECT_EQ(check.job_count, 1U);
  EXPECT_EQ(check.record_count, 5U);
  EXPECT_EQ(check.blob_count, 3U);
  EXPECT_EQ(check.orphan_count, 0U);
}

TEST_F(StateCheckTest, CountsBlobsThatNoRecordNames) {
  ASSERT_TRUE(blobs_.Put("j-1/finish/0.0/e1a7/segment", "late"));
  EXPECT_EQ(Check().orphan_count, 1U);
  EXPECT_TRUE(Check().defects.empty());
}

TEST_F(StateCheckTest, MissesAndDropsPiecesOfFilesThatWereHandedIn) {
  const UploadPlace clip{"ada", std::string(64, 'a'), 2 * kUploadPieceBytes + 3, "clip.mp4"};
  records_.erase(records_.begin());
  SetJob(v1::JOB_STATE_RUNNING, clip.Url());
  ASSERT_TRUE(blobs_.Put(clip.PieceKey(0), std::string(kUploadPieceBytes, 'x')));
  ASSERT_TRUE(blobs_.Put(clip.PieceKey(2), "xx"));
  const StateCheck check = Check();
  EXPECT_EQ(check.blob_count, 5U);
  EXPECT_EQ(check.orphan_count, 0U);
  ASSERT_EQ(check.defects.size(), 2U);
  EXPECT_EQ(check.defects[0].place, clip.PieceKey(2));
  EXPECT_THAT(check.defects[0].what, HasSubstr("2 bytes of 3"));
  EXPECT_THAT(check.defects[0].remedy, HasSubstr("it is dropped"));
  EXPECT_THAT(check.blob_deletes, ::testing::ElementsAre(clip.PieceKey(2)));
  EXPECT_EQ(check.defects[1].place, clip.PieceKey(1));
  EXPECT_THAT(check.defects[1].what, HasSubstr("j-1 reads it"));
  EXPECT_EQ(check.defects[1].remedy, "");
  EXPECT_TRUE(check.puts.empty());
}

TEST_F(StateCheckTest, NeedsNoFilesOfJobsThatHaveEnded) {
  const UploadPlace clip{"ada", std::string(64, 'a'), 3, "clip.mp4"};
  records_.erase(records_.begin());
  SetJob(v1::JOB_STATE_CANCELLED, clip.Url());
  EXPECT_TRUE(Check().defects.empty());
}

TEST_F(StateCheckTest, RunsAgainTheTaskWhoseOutputIsGone) {
  ASSERT_TRUE(blobs_.DeletePrefix(KeyOf(Stage::kFinish, 0, 0)));
  const StateCheck check = Check();
  ASSERT_EQ(check.defects.size(), 1U);
  EXPECT_EQ(check.defects[0].place, KeyOf(Stage::kFinish, 0, 0));
  EXPECT_EQ(check.defects[0].what, "it is gone");
  EXPECT_EQ(check.defects[0].remedy, "j-1: finish 0 runs again");
  EXPECT_THAT(RunAgain(check), ::testing::ElementsAre(RecordKey(Stage::kFinish, 0, 0)));
}

TEST_F(StateCheckTest, RunsAgainTheTaskWhoseOutputIsAnother) {
  const std::string key = KeyOf(Stage::kDenoise, 1, 2);
  ASSERT_TRUE(blobs_.DeletePrefix(key));
  ASSERT_TRUE(blobs_.Put(key, "denoiseLatents"));
  const StateCheck check = Check();
  ASSERT_EQ(check.defects.size(), 1U);
  EXPECT_THAT(check.defects[0].what, HasSubstr("not what the task brought"));
  EXPECT_THAT(RunAgain(check), ::testing::ElementsAre(RecordKey(Stage::kDenoise, 1, 2)));
  EXPECT_THAT(check.blob_deletes, ::testing::ElementsAre(key));
}

TEST_F(StateCheckTest, RunsAgainWhatWasDroppedAndIsReadOnceMore) {
  ASSERT_TRUE(blobs_.DeletePrefix(KeyOf(Stage::kFinish, 0, 0)));
  ASSERT_TRUE(blobs_.DeletePrefix(KeyOf(Stage::kDenoise, 0, 2)));
  EXPECT_THAT(RunAgain(Check()), ::testing::UnorderedElementsAre(RecordKey(Stage::kFinish, 0, 0),
                                                                 RecordKey(Stage::kDenoise, 0, 2)));
}

TEST_F(StateCheckTest, MissesNothingOfAJobThatHasEnded) {
  records_.erase(records_.begin());
  SetJob(v1::JOB_STATE_DONE);
  ASSERT_TRUE(blobs_.DeletePrefix("j-1/"));
  const StateCheck check = Check();
  EXPECT_TRUE(check.defects.empty());
  EXPECT_TRUE(check.puts.empty());
}

TEST_F(StateCheckTest, SaysWhichResultCannotBeFetched) {
  records_.erase(records_.begin());
  SetJob(v1::JOB_STATE_DONE);
  Done(Stage::kAssemble, 0, 0, "result/_ada");
  v1::LedgerRecord record = FromBytes(records_.back().key, records_.back().bytes).value();
  v1::Output& piece = *record.mutable_task()->add_outputs();
  piece = record.task().outputs(0);
  piece.mutable_blob()->set_key(piece.blob().key() + "/0/00000000");
  records_.back().bytes = record.SerializeAsString();
  const StateCheck check = Check();
  ASSERT_EQ(check.defects.size(), 1U);
  EXPECT_EQ(check.defects[0].place, piece.blob().key());
  EXPECT_THAT(check.defects[0].what, HasSubstr("the result of j-1 cannot be fetched"));
  EXPECT_EQ(check.defects[0].remedy, "");
  EXPECT_TRUE(check.puts.empty() && check.blob_deletes.empty());
  RawRecord& job = records_[records_.size() - 2];
  const std::string kept = job.bytes;
  v1::LedgerRecord dropped = FromBytes(job.key, kept).value();
  dropped.mutable_job()->set_result_dropped_unix_ms(1);
  job.bytes = dropped.SerializeAsString();
  EXPECT_TRUE(Check().defects.empty()) << "it is being dropped";
  job.bytes = kept;
  ASSERT_TRUE(blobs_.DeletePrefix(KeyOf(Stage::kAssemble, 0, 0)));
  EXPECT_TRUE(Check().defects.empty()) << "its time is over";
}

TEST_F(StateCheckTest, RunsALostPartOfAProbeAgainAsLongAsItIsRead) {
  v1::JobRecord job;
  job.set_job("j-1");
  job.set_state(v1::JOB_STATE_RUNNING);
  *job.mutable_spec() = SampleSpec();
  *job.mutable_indexed() = SampleClip(16, 8);
  job.mutable_indexed()->clear_scene_starts();
  job.set_sequence(1);
  records_.clear();
  Put(ToRecord(job));
  Done(Stage::kProbe, 0, kProbePart, "changes");
  Done(Stage::kProbe, 1, kProbePart, "changes");
  ASSERT_TRUE(blobs_.DeletePrefix(KeyOf(Stage::kProbe, 1, kProbePart)));
  EXPECT_EQ(Check().defects.at(0).remedy, "j-1: probe part 1 runs again");

  *job.mutable_clip() = SampleClip(16, 8);
  job.clear_indexed();
  records_.front().bytes = ToBytes(ToRecord(job).value);
  Done(Stage::kProbe, 0, kProbeJoin, "");
  EXPECT_TRUE(Check().defects.empty()) << "they were joined";
}

TEST_F(StateCheckTest, DropsATaskRecordThatCannotBeRead) {
  const std::string key = RecordKey(Stage::kFinish, 1, 0);
  records_.push_back({key, "\xff\xff"});
  const StateCheck check = Check();
  ASSERT_EQ(check.defects.size(), 1U);
  EXPECT_EQ(check.defects[0].place, key);
  EXPECT_EQ(check.defects[0].remedy, "the task runs again");
  EXPECT_THAT(check.deletes, ::testing::ElementsAre(key));
}

TEST_F(StateCheckTest, NamesAJobRecordThatCannotBeReadAndDropsItsTasks) {
  records_.front().bytes = "\xff\xff";
  const StateCheck check = Check();
  ASSERT_EQ(check.defects.size(), 5U);
  EXPECT_EQ(check.defects[0].place, "job/j-1");
  EXPECT_EQ(check.defects[0].remedy, "");
  EXPECT_EQ(check.deletes.size(), 4U);
}

TEST_F(StateCheckTest, LeavesTheRecordsOfANewerWeftAlone) {
  v1::LedgerRecord newer;
  newer.set_version(kRecordVersion + 1);
  newer.mutable_task();
  records_.push_back({RecordKey(Stage::kFinish, 1, 0), newer.SerializeAsString()});
  const StateCheck check = Check();
  ASSERT_EQ(check.defects.size(), 1U);
  EXPECT_EQ(check.defects[0].remedy, "");
  EXPECT_TRUE(check.deletes.empty());
}

TEST_F(StateCheckTest, FindsNothingAfterARepair) {
  const TemporaryFolder folder;
  const auto ledger = RocksRecords::Open(folder.File("ledger"), RocksRecords::Mode::kOwn).value();
  const std::string unreadable = RecordKey(Stage::kFinish, 1, 0);
  records_.push_back({unreadable, "\xff"});
  RecordBatch batch;
  for (const RawRecord& record : records_) {
    batch.Add(record.key, record.bytes);
  }
  ASSERT_TRUE(ledger->Write(batch, {}, kNoLimit));
  ASSERT_TRUE(blobs_.DeletePrefix(KeyOf(Stage::kDenoise, 1, 2)));
  const StateCheck broken = Check();
  EXPECT_EQ(broken.defects.size(), 2U);
  ASSERT_TRUE(Repair(broken, *ledger, blobs_));
  records_.clear();
  ASSERT_TRUE(ledger->ForEach([&](std::string_view key, std::string_view bytes) -> Status {
    records_.push_back({std::string(key), std::string(bytes)});
    return {};
  }));
  EXPECT_EQ(records_.size(), 5U);
  EXPECT_TRUE(Check().defects.empty());
}

}  // namespace
}  // namespace weft::coordinator
