#include "coordinator/ledger/rocks_ledger.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include "common/blob/free_space.h"
#include "coordinator/ledger/record_bytes.h"

namespace weft::coordinator {
namespace {

// Opening writes a new log, a manifest and what the old log held.
constexpr std::uint64_t kOpeningBytes = 4 << 20;

Status Translate(const rocksdb::Status& status) {
  if (status.ok()) {
    return {};
  }
  if (status.IsCorruption()) {
    return Failure(ErrorCode::kDataLoss, status.ToString());
  }
  if (status.IsNoSpace()) {
    return Failure(ErrorCode::kNoSpace, status.ToString());
  }
  return Failure(ErrorCode::kInternal, status.ToString());
}

// The lock file's errors have no code of their own.
bool IsLocked(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("lock ") != std::string::npos;
}

rocksdb::Options DatabaseOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  // The default mode drops acknowledged records behind a damaged one without a word.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;  // Safe while nobody calls SyncWAL().
  options.max_background_jobs = 2;
  options.max_open_files = 128;
  options.write_buffer_size = 8 << 20;  // Recovery reads at most this much of the log.
  options.max_total_wal_size = 64 << 20;
  options.avoid_unnecessary_blocking_io = true;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

class RocksLedger : public Ledger {
 public:
  RocksLedger(std::string folder,
              const RocksLedgerOptions& options,
              std::unique_ptr<rocksdb::DB> database)
      : folder_(std::move(folder)), options_(options), database_(std::move(database)) {}

  Result<std::vector<Record>> Load() override;
  Status Commit(const std::vector<Record>& records) override;

 private:
  std::string folder_;
  RocksLedgerOptions options_;
  std::unique_ptr<rocksdb::DB> database_;
};

Result<std::vector<Record>> RocksLedger::Load() {
  const std::unique_ptr<rocksdb::Iterator> entry(database_->NewIterator({}));
  std::vector<Record> records;
  for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
    WEFT_ASSIGN_OR_RETURN(v1::LedgerRecord value,
                          FromBytes(entry->key().ToStringView(), entry->value().ToStringView()));
    records.push_back({entry->key().ToString(), std::move(value)});
  }
  WEFT_RETURN_IF_ERROR(Translate(entry->status()));
  return records;
}

Status RocksLedger::Commit(const std::vector<Record>& records) {
  if (records.empty()) {
    return {};
  }
  constexpr std::size_t kReservedBytes = 0;
  constexpr std::size_t kNoLimit = 0;
  constexpr std::size_t kKeyProtectionBytes = 8;  // A checksum on the way to the memtable.
  rocksdb::WriteBatch batch(kReservedBytes, kNoLimit, kKeyProtectionBytes, 0);
  rocksdb::Status added;
  for (const Record& record : records) {
    added = added.ok() ? batch.Put(record.key, ToBytes(record.value)) : added;
  }
  WEFT_RETURN_IF_ERROR(Translate(added));
  // The batch goes to the log now and to a table later.
  WEFT_RETURN_IF_ERROR(
      RequireFreeSpace(folder_, 2 * batch.GetDataSize() + options_.free_bytes_min));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return Translate(database_->Write(synced, &batch));
}

// RocksDB's own words for a folder it may not use name a file of its own.
Status MakeFolder(const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure == std::errc::no_space_on_device) {
    return Failure(ErrorCode::kNoSpace, folder + ": " + failure.message());
  }
  if (failure) {
    return Failure(ErrorCode::kPermissionDenied, folder + ": " + failure.message());
  }
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Failure(ErrorCode::kPermissionDenied, folder + ": the folder may not be written");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Ledger>> OpenRocksLedger(const std::string& folder,
                                                const RocksLedgerOptions& options) {
  WEFT_RETURN_IF_ERROR(MakeFolder(folder));
  WEFT_RETURN_IF_ERROR(RequireFreeSpace(folder, kOpeningBytes));
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DatabaseOptions(), folder, &opened);
  std::unique_ptr<rocksdb::DB> database(opened);
  if (IsLocked(status)) {
    return Failure(ErrorCode::kFailedPrecondition, "another coordinator runs on " + folder);
  }
  const Status translated = Translate(status);
  if (!translated) {
    return Failure(translated.error().Within("ledger " + folder));
  }
  return std::make_unique<RocksLedger>(folder, options, std::move(database));
}

}  // namespace weft::coordinator
