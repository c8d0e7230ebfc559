#include "coordinator/ledger/rocks_ledger.h"

#include <filesystem>
#include <fstream>

#include "tests/common/temporary_folder.h"
#include "tests/coordinator/ledger/ledger_contract.h"

namespace weft::coordinator {
namespace {

namespace fs = std::filesystem;

class Fixture {
 public:
  std::unique_ptr<Ledger> Open() { return OpenRocksLedger(folder_.File("ledger")).value(); }

 private:
  TemporaryFolder folder_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, LedgerContract, Fixture);

// The write-ahead log with the most in it.
fs::path LogOf(const std::string& folder) {
  fs::path log;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() == ".log" &&
        (log.empty() || file.file_size() > fs::file_size(log))) {
      log = file.path();
    }
  }
  return log;
}

void CommitTasks(const std::string& folder, std::uint32_t count) {
  const auto ledger = OpenRocksLedger(folder).value();
  for (std::uint32_t chunk = 0; chunk < count; ++chunk) {
    ASSERT_TRUE(ledger->Commit({TaskRecord("j", chunk, 1), TaskRecord("k", chunk, 1)}));
  }
}

TEST(RocksLedger, LosesNoMoreThanTheBatchOfATornTail) {
  const TemporaryFolder folder;
  CommitTasks(folder.File("ledger"), 50);
  const fs::path log = LogOf(folder.File("ledger"));
  fs::resize_file(log, fs::file_size(log) - 5);
  const auto ledger = OpenRocksLedger(folder.File("ledger"));
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message();
  // Both records of the last batch, and only those: a batch is one thing.
  EXPECT_EQ((*ledger)->Load().value().size(), 2U * 49);
}

TEST(RocksLedger, RefusesToOpenWhenAcknowledgedRecordsAreDamaged) {
  const TemporaryFolder folder;
  CommitTasks(folder.File("ledger"), 50);
  const fs::path log = LogOf(folder.File("ledger"));
  std::fstream bytes(log, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(static_cast<std::streamoff>(fs::file_size(log) / 2));
  bytes.put('\x5a');
  bytes.close();
  const auto ledger = OpenRocksLedger(folder.File("ledger"));
  ASSERT_FALSE(ledger.has_value());
  EXPECT_EQ(ledger.error().code(), ErrorCode::kDataLoss) << ledger.error().message();
}

TEST(RocksLedger, SaysThatAnotherCoordinatorRuns) {
  const TemporaryFolder folder;
  const auto first = OpenRocksLedger(folder.File("ledger")).value();
  const auto second = OpenRocksLedger(folder.File("ledger"));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(second.error().message(), ::testing::HasSubstr("another coordinator runs on"));
}

TEST(RocksLedger, RefusesACommitBeforeTheDiskIsFull) {
  const TemporaryFolder folder;
  const std::uint64_t more_than_any_disk = std::uint64_t{1} << 60;
  const auto ledger =
      OpenRocksLedger(folder.File("ledger"), {.free_bytes_min = more_than_any_disk}).value();
  const Status committed = ledger->Commit({EpochRecord(1)});
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().code(), ErrorCode::kNoSpace);
  EXPECT_THAT(ledger->Load().value(), ::testing::IsEmpty());
}

TEST(RocksLedger, RefusesAPathThatCannotBeAFolder) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("file")) << "in the way";
  const auto ledger = OpenRocksLedger(folder.File("file/ledger"));
  ASSERT_FALSE(ledger.has_value());
  EXPECT_EQ(ledger.error().code(), ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace weft::coordinator
