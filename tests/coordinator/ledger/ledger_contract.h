// What every ledger does. Instantiate with a Fixture:
//   std::unique_ptr<Ledger> Open();   // The ledger of the fixture's disk; one at a time.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/ledger/ledger.h"

namespace weft::coordinator {

inline Record EpochRecord(std::uint64_t epoch) {
  v1::EpochRecord record;
  record.set_epoch(epoch);
  return ToRecord(std::move(record));
}

inline Record TaskRecord(const std::string& job, std::uint32_t chunk, std::uint32_t attempt) {
  v1::TaskRecord record;
  record.mutable_task()->set_job(job);
  record.mutable_task()->set_stage(v1::STAGE_DENOISE);
  record.mutable_task()->set_chunk(chunk);
  record.set_state(v1::TASK_STATE_RUNNING);
  record.set_attempt(attempt);
  return ToRecord(std::move(record));
}

template <typename Fixture>
class LedgerContract : public ::testing::Test {
 protected:
  Fixture fixture_;
};

TYPED_TEST_SUITE_P(LedgerContract);

TYPED_TEST_P(LedgerContract, IsEmptyAtFirst) {
  EXPECT_THAT(this->fixture_.Open()->Load().value(), ::testing::IsEmpty());
}

TYPED_TEST_P(LedgerContract, RemembersWhatWasCommittedBeforeItWasClosed) {
  ASSERT_TRUE(this->fixture_.Open()->Commit({EpochRecord(1), TaskRecord("j", 3, 1)}));
  const auto records = this->fixture_.Open()->Load().value();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].key, "epoch");
  EXPECT_EQ(records[0].value.epoch().epoch(), 1U);
  EXPECT_EQ(records[1].value.task().task().chunk(), 3U);
}

TYPED_TEST_P(LedgerContract, KeepsTheNewestRecordOfAKey) {
  const auto ledger = this->fixture_.Open();
  ASSERT_TRUE(ledger->Commit({TaskRecord("j", 3, 1)}));
  ASSERT_TRUE(ledger->Commit({TaskRecord("j", 3, 2), TaskRecord("j", 3, 5)}));
  const auto records = ledger->Load().value();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value.task().attempt(), 5U);
}

TYPED_TEST_P(LedgerContract, LoadsInOrderOfKeys) {
  const auto ledger = this->fixture_.Open();
  ASSERT_TRUE(ledger->Commit({TaskRecord("j", 100, 1), TaskRecord("j", 9, 1), EpochRecord(1)}));
  const auto records = ledger->Load().value();
  std::vector<std::uint32_t> chunks;
  for (const Record& record : records) {
    chunks.push_back(record.value.task().task().chunk());
  }
  EXPECT_THAT(chunks, ::testing::ElementsAre(0, 9, 100));
}

TYPED_TEST_P(LedgerContract, TakesAnEmptyBatch) {
  const auto ledger = this->fixture_.Open();
  EXPECT_TRUE(ledger->Commit({}));
  EXPECT_THAT(ledger->Load().value(), ::testing::IsEmpty());
}

TYPED_TEST_P(LedgerContract, RefusesRecordsOfANewerWeft) {
  Record future = EpochRecord(1);
  future.value.set_version(kRecordVersion + 1);
  const auto ledger = this->fixture_.Open();
  ASSERT_TRUE(ledger->Commit({future}));
  const auto records = ledger->Load();
  ASSERT_FALSE(records.has_value());
  EXPECT_EQ(records.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(records.error().message(), ::testing::HasSubstr("newer Weft"));
}

REGISTER_TYPED_TEST_SUITE_P(LedgerContract,
                            IsEmptyAtFirst,
                            RemembersWhatWasCommittedBeforeItWasClosed,
                            KeepsTheNewestRecordOfAKey,
                            LoadsInOrderOfKeys,
                            TakesAnEmptyBatch,
                            RefusesRecordsOfANewerWeft);

}  // namespace weft::coordinator
