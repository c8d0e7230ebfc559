#include "coordinator/ledger/rocks_records.h"

#include <utility>

#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include "common/blob/free_space.h"
#include "common/blob/log_damage.h"
#include "common/writable_folder.h"

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
  // The ledger is read when it is opened and never again: its table in memory need not be sorted
  // before it is written.
  options.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  options.allow_concurrent_memtable_write = false;  // Such a table has one writer, as the ledger.
  options.write_buffer_size = 8 << 20;              // Recovery reads at most this much of the log.
  options.max_total_wal_size = 64 << 20;
  options.avoid_unnecessary_blocking_io = true;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::Status OpenDatabase(const std::string& folder,
                             RocksRecords::Mode mode,
                             rocksdb::DB** database) {
  rocksdb::Options options = DatabaseOptions();
  if (mode == RocksRecords::Mode::kLookAt) {
    options.max_open_files = -1;  // All from the start: the owner may delete them meanwhile.
    return rocksdb::DB::OpenForReadOnly(options, folder, database);
  }
  if (mode == RocksRecords::Mode::kSalvage) {
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  }
  return rocksdb::DB::Open(options, folder, database);
}

}  // namespace

Result<std::unique_ptr<RocksRecords>> RocksRecords::Open(const std::string& folder, Mode mode) {
  if (mode != Mode::kLookAt) {
    WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
    WEFT_RETURN_IF_ERROR(RequireFreeSpace(folder, kOpeningBytes));
  }
  if (mode == Mode::kOwn) {
    const Status sound = FindLogDamage(folder);
    if (!sound) {
      return Failure(sound.error().Within("ledger " + folder));
    }
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = OpenDatabase(folder, mode, &opened);
  std::unique_ptr<rocksdb::DB> database(opened);
  if (IsLocked(status)) {
    return Failure(ErrorCode::kFailedPrecondition, "another coordinator runs on " + folder);
  }
  const Status translated = Translate(status);
  if (!translated) {
    return Failure(translated.error().Within("ledger " + folder));
  }
  return std::unique_ptr<RocksRecords>(new RocksRecords(folder, std::move(database)));
}

RocksRecords::RocksRecords(std::string folder, std::unique_ptr<rocksdb::DB> database)
    : folder_(std::move(folder)), database_(std::move(database)) {}

Status RocksRecords::ForEach(const Visit& visit) const {
  const std::unique_ptr<rocksdb::Iterator> entry(database_->NewIterator({}));
  for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
    WEFT_RETURN_IF_ERROR(visit(entry->key().ToStringView(), entry->value().ToStringView()));
  }
  return Translate(entry->status());
}

Result<std::vector<RawRecord>> RocksRecords::ReadAll() const {
  std::vector<RawRecord> records;
  WEFT_RETURN_IF_ERROR(ForEach([&](std::string_view key, std::string_view bytes) -> Status {
    records.push_back({std::string(key), std::string(bytes)});
    return {};
  }));
  return records;
}

Status RocksRecords::CopyTo(const std::string& folder) const {
  rocksdb::Checkpoint* made = nullptr;
  WEFT_RETURN_IF_ERROR(Translate(rocksdb::Checkpoint::Create(database_.get(), &made)));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  return Translate(checkpoint->CreateCheckpoint(folder));
}

Status RocksRecords::Write(const RecordBatch& puts,
                           const std::vector<std::string>& deletes,
                           std::uint64_t free_bytes_min) {
  constexpr std::size_t kReservedBytes = 0;
  constexpr std::size_t kNoLimit = 0;
  constexpr std::size_t kKeyProtectionBytes = 8;  // A checksum on the way to the memtable.
  rocksdb::WriteBatch batch(kReservedBytes, kNoLimit, kKeyProtectionBytes, 0);
  rocksdb::Status added;
  for (std::size_t i = 0; i < puts.size(); ++i) {
    const auto [key, bytes] = puts.At(i);
    const auto write = [&, key = key, bytes = bytes] {
      return bytes.empty() ? batch.Delete(key) : batch.Put(key, bytes);
    };
    added = added.ok() ? write() : added;
  }
  for (const std::string& key : deletes) {
    added = added.ok() ? batch.Delete(key) : added;
  }
  WEFT_RETURN_IF_ERROR(Translate(added));
  // The batch goes to the log now and to a table later.
  WEFT_RETURN_IF_ERROR(RequireFreeSpace(folder_, 2 * batch.GetDataSize() + free_bytes_min));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return Translate(database_->Write(synced, &batch));
}

Status RocksRecords::VerifyFiles() const {
  return Translate(database_->VerifyChecksum());
}

}  // namespace weft::coordinator
