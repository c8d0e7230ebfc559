#include "coordinator/server/committer.h"

#include <chrono>
#include <utility>

#include <gtest/gtest.h>

#include "common/transport/memory_transport.h"
#include "coordinator/ledger/memory_ledger.h"

namespace weft::coordinator {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

class FullLedger : public Ledger {
 public:
  Result<std::vector<Record>> Load() override { return std::vector<Record>(); }
  Status Commit(const RecordBatch& /*records*/) override {
    return Failure(ErrorCode::kNoSpace, "no room");
  }
};

Batch BatchOf(std::uint64_t epoch) {
  v1::EpochRecord record;
  record.set_epoch(epoch);
  Effects effects;
  effects.records.push_back(ToRecord(std::move(record)));
  Message message{{"somebody"}, {}};
  message.body.mutable_hello_required();
  effects.messages.push_back(std::move(message));
  effects.notes.push_back({.text = "noted"});
  Batch batch;
  batch.Add(effects);
  return batch;
}

class CommitterTest : public ::testing::Test {
 protected:
  MemoryNetwork network_;
  std::unique_ptr<BoundListener> listener_ = network_.Listen("here").value();
  MemoryDisk disk_;
};

TEST_F(CommitterTest, HandsOutWhatToSayOnceItIsOnDisk) {
  Committer committer(std::make_unique<MemoryLedger>(disk_), *listener_);
  EXPECT_FALSE(committer.IsBusy());
  EXPECT_TRUE(committer.IsAtRest());
  EXPECT_FALSE(committer.Take().has_value());
  committer.Begin(BatchOf(7));
  EXPECT_TRUE(committer.IsBusy());
  committer.Wait();
  EXPECT_TRUE(committer.IsBusy() && committer.IsAtRest()) << "its outcome waits to be taken";
  const auto done = committer.Take();
  ASSERT_TRUE(done.has_value() && done->has_value());
  EXPECT_FALSE(committer.IsBusy());
  EXPECT_EQ(disk_.count("epoch"), 1U);
  ASSERT_EQ((*done)->letters.size(), 1U);
  EXPECT_EQ((*done)->letters[0].to.value, "somebody");
  v1::FromCoordinator message;
  ASSERT_EQ((*done)->letters[0].messages.size(), 1U);
  EXPECT_TRUE(message.ParseFromString((*done)->letters[0].messages[0]));
  EXPECT_TRUE(message.has_hello_required());
  ASSERT_EQ((*done)->notes.size(), 1U);
  EXPECT_EQ((*done)->notes[0].text, "noted");
}

TEST_F(CommitterTest, WakesWhoWaitsForMessages) {
  Committer committer(std::make_unique<MemoryLedger>(disk_), *listener_);
  committer.Begin(BatchOf(1));
  ASSERT_TRUE(listener_->Receive(kPatience).has_value());
  EXPECT_TRUE(committer.Take().has_value());
}

TEST_F(CommitterTest, SaysNothingOfABatchThatIsNotOnDisk) {
  Committer committer(std::make_unique<FullLedger>(), *listener_);
  committer.Begin(BatchOf(1));
  committer.Wait();
  const auto done = committer.Take();
  ASSERT_TRUE(done.has_value());
  ASSERT_FALSE(done->has_value());
  EXPECT_EQ(done->error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(done->error().message(), "ledger: no room");
}

TEST_F(CommitterTest, FinishesTheLastBatchBeforeItEnds) {
  Committer(std::make_unique<MemoryLedger>(disk_), *listener_).Begin(BatchOf(1));
  EXPECT_EQ(disk_.count("epoch"), 1U);
}

}  // namespace
}  // namespace weft::coordinator
