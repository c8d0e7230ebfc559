#include "common/blob/rocks_blob_store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "common/blob/blob_facts.h"
#include "common/blob/blob_files.h"
#include "common/blob/blob_key.h"
#include "common/blob/free_space.h"
#include "common/blob/log_damage.h"
#include "common/blob/rocks_options.h"
#include "common/checksum.h"
#include "common/writable_folder.h"

namespace weft {
namespace {

// Room for the records of a deletion, and of opening: a few pages of log and manifest.
constexpr std::uint64_t kBookkeepingBytes = 4 << 20;

constexpr std::string_view kKeysFamily = "keys";

ErrorCode CodeOf(const rocksdb::Status& status) {
  if (status.IsNotFound()) {
    return ErrorCode::kNotFound;
  }
  if (status.IsCorruption()) {
    return ErrorCode::kDataLoss;
  }
  if (status.IsNoSpace()) {
    return ErrorCode::kNoSpace;
  }
  // The lock file's errors have no code of their own.
  if (status.IsIOError() && status.ToString().find("lock ") != std::string::npos) {
    return ErrorCode::kFailedPrecondition;
  }
  return ErrorCode::kInternal;
}

Status Translate(const rocksdb::Status& status) {
  if (status.ok()) {
    return {};
  }
  return Failure(CodeOf(status), status.ToString());
}

// Blobs of this size and more are files of their own: written once, not to a log first, and gone
// when they are deleted.
constexpr std::size_t kFileBytesMin = 64 << 10;

Status Within(const std::string& key, Status status) {
  return status ? std::move(status) : Failure(status.error().Within(key));
}

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

class RocksBlobStore : public BlobStore {
 public:
  RocksBlobStore(std::string folder, const RocksBlobStoreOptions& options)
      : folder_(std::move(folder)), options_(options), files_(folder_ + "/large") {}
  RocksBlobStore(const RocksBlobStore&) = delete;
  RocksBlobStore& operator=(const RocksBlobStore&) = delete;
  ~RocksBlobStore() override;

  Status Open();

  Status Put(const std::string& key, std::string_view bytes) override;
  Result<std::string> Get(const std::string& key) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Status DeletePrefix(const std::string& prefix) override;

 private:
  [[nodiscard]] Status RequireOwner() const;
  struct Extent {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;                    // Without those in files of their own,
    std::vector<BlobFiles::Number> files = {};  // which are these.
    rocksdb::WriteBatch deletion;               // Of them all.
  };
  // Of the blobs whose keys start with `prefix`.
  Result<Extent> Measure(const std::string& prefix);
  // Whether so many deleted bytes are worth a compaction.
  [[nodiscard]] bool IsWorthCompacting(std::uint64_t garbage_bytes) const;
  Status Compact();
  // Space of deleted bytes, and of those that an earlier compaction could not give back.
  void GiveBack(std::uint64_t bytes);
  // Files that a crash left without a record; and the numbers that are free.
  Status SweepFiles();
  // REQUIRES: it is the key's turn, and no blob has it.
  Status PutInFile(const std::string& key, std::string_view bytes);
  Status PutInDatabase(const std::string& key, std::string_view bytes);
  [[nodiscard]] Result<std::string> ReadFile(const BlobFacts& facts) const;
  // What it means that a blob's file could not be read.
  Error WhyGone(const std::string& key, const Error& error);
  // Ok when `bytes` are what is stored under `key`, kAlreadyExists when others are.
  Status CompareWithStored(const std::string& key, std::string_view bytes);

  // Between looking for a key and writing it, nobody else puts that one.
  class Turn {
   public:
    Turn(RocksBlobStore& store, const std::string& key);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    RocksBlobStore& store_;
    const std::string& key_;
  };

  // Space on the disk that others who write at the same time do not count on as well.
  class Room {
   public:
    Room(RocksBlobStore& store, std::uint64_t bytes);
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    ~Room();

    // kNoSpace where there is none.
    [[nodiscard]] const Status& IsThere() const { return is_there_; }

   private:
    RocksBlobStore& store_;
    const std::uint64_t bytes_;
    Status is_there_;
  };

  std::string folder_;
  RocksBlobStoreOptions options_;
  std::mutex writing_;  // Guards what says so.
  std::condition_variable written_;
  std::set<std::string> being_put_;   // Guarded by writing_.
  std::uint64_t bytes_promised_ = 0;  // Of every Room. Guarded by writing_.
  std::unique_ptr<rocksdb::DB> database_;
  std::uint64_t garbage_bytes_ = 0;  // Deleted since the last compaction. Guarded by writing_.
  std::chrono::steady_clock::time_point compact_again_{};  // After a failure. Guarded likewise.
  rocksdb::ColumnFamilyHandle* blobs_ = nullptr;
  // The keys alone: an iterator over the blobs would read every one of them from disk.
  rocksdb::ColumnFamilyHandle* keys_ = nullptr;
  const BlobFiles files_;
  std::atomic<BlobFiles::Number> next_file_ = 0;
};

RocksBlobStore::~RocksBlobStore() {
  if (database_) {
    database_->DestroyColumnFamilyHandle(keys_);
    database_->DestroyColumnFamilyHandle(blobs_);
  }
}

Status RocksBlobStore::Open() {
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, BlobOptions()},
      {std::string(kKeysFamily), rocksdb::ColumnFamilyOptions(DatabaseOptions())}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  rocksdb::Options database_options = DatabaseOptions();
  if (options_.look_only) {
    database_options.max_open_files = -1;  // All from the start: the owner may delete them.
    WEFT_RETURN_IF_ERROR(Translate(
        rocksdb::DB::OpenForReadOnly(database_options, folder_, families, &handles, &database)));
  } else {
    WEFT_RETURN_IF_ERROR(FindLogDamage(folder_));
    WEFT_RETURN_IF_ERROR(
        Translate(rocksdb::DB::Open(database_options, folder_, families, &handles, &database)));
  }
  database_.reset(database);
  blobs_ = handles[0];
  keys_ = handles[1];
  return options_.look_only ? Status() : SweepFiles();
}

Status RocksBlobStore::SweepFiles() {
  WEFT_ASSIGN_OR_RETURN(const Extent all, Measure(""));
  const std::set<BlobFiles::Number> known(all.files.begin(), all.files.end());
  for (const BlobFiles::Number number : files_.List()) {
    if (known.count(number) == 0) {
      files_.Remove(number);
    }
  }
  next_file_ = known.empty() ? 0 : *known.rbegin() + 1;
  return {};
}

RocksBlobStore::Turn::Turn(RocksBlobStore& store, const std::string& key)
    : store_(store), key_(key) {
  std::unique_lock lock(store_.writing_);
  store_.written_.wait(lock, [this] { return store_.being_put_.count(key_) == 0; });
  store_.being_put_.insert(key_);
}

RocksBlobStore::Turn::~Turn() {
  {
    const std::lock_guard lock(store_.writing_);
    store_.being_put_.erase(key_);
  }
  store_.written_.notify_all();
}

RocksBlobStore::Room::Room(RocksBlobStore& store, std::uint64_t bytes)
    : store_(store), bytes_(bytes) {
  const std::lock_guard lock(store_.writing_);
  store_.bytes_promised_ += bytes_;
  is_there_ =
      RequireFreeSpace(store_.folder_, store_.bytes_promised_ + store_.options_.free_bytes_min);
}

RocksBlobStore::Room::~Room() {
  const std::lock_guard lock(store_.writing_);
  store_.bytes_promised_ -= bytes_;
}

Status RocksBlobStore::Put(const std::string& key, std::string_view bytes) {
  WEFT_RETURN_IF_ERROR(CheckBlobKey(key));
  WEFT_RETURN_IF_ERROR(RequireOwner());
  const Turn turn(*this, key);
  std::string found;
  const rocksdb::Status known = database_->Get({}, keys_, key, &found);
  if (known.ok()) {
    return CompareWithStored(key, bytes);  // Which reads it, as it does not happen often.
  }
  if (!known.IsNotFound()) {
    return Translate(known);
  }
  return bytes.size() < kFileBytesMin ? PutInDatabase(key, bytes) : PutInFile(key, bytes);
}

Status RocksBlobStore::PutInDatabase(const std::string& key, std::string_view bytes) {
  // The bytes go to the log now and to a blob file later, and each of two memtables may be too
  // large by a blob.
  const Room room(*this, 4 * bytes.size());
  WEFT_RETURN_IF_ERROR(room.IsThere());
  rocksdb::WriteBatch batch;
  batch.Put(blobs_, key, rocksdb::Slice(bytes.data(), bytes.size()));
  batch.Put(keys_, key, Encode(BlobFacts{bytes.size()}));
  return Translate(database_->Write(Synced(), &batch));
}

Status RocksBlobStore::PutInFile(const std::string& key, std::string_view bytes) {
  const Room room(*this, bytes.size());
  WEFT_RETURN_IF_ERROR(room.IsThere());
  // The file first: what is noted down is there. Its number is spent even if it cannot be.
  const BlobFiles::Number number = next_file_++;
  WEFT_RETURN_IF_ERROR(files_.Write(number, bytes));
  const BlobFacts facts{bytes.size(), BlobFacts::File{number, Xxh3(bytes)}};
  // Where that fails it may have been noted all the same: the file stays until the next Open().
  return Translate(database_->Put(Synced(), keys_, key, Encode(facts)));
}

Result<std::string> RocksBlobStore::ReadFile(const BlobFacts& facts) const {
  WEFT_ASSIGN_OR_RETURN(std::string bytes, files_.Read(facts.file->number, facts.size_bytes));
  if (Xxh3(bytes) != facts.file->checksum) {
    return Failure(ErrorCode::kDataLoss, "the bytes of file " + std::to_string(facts.file->number) +
                                             " do not match their checksum");
  }
  return bytes;
}

Status RocksBlobStore::RequireOwner() const {
  return options_.look_only
             ? Failure(ErrorCode::kFailedPrecondition, folder_ + ": was opened to look at only")
             : Status();
}

Status RocksBlobStore::CompareWithStored(const std::string& key, std::string_view bytes) {
  WEFT_ASSIGN_OR_RETURN(const std::string stored, Get(key));
  if (stored != bytes) {
    return Failure(ErrorCode::kAlreadyExists, key + ": other bytes are stored there");
  }
  return {};
}

Result<std::string> RocksBlobStore::Get(const std::string& key) {
  std::string noted;
  WEFT_RETURN_IF_ERROR(Within(key, Translate(database_->Get({}, keys_, key, &noted))));
  const BlobFacts facts = DecodeBlobFacts(noted);
  if (facts.file.has_value()) {
    Result<std::string> bytes = ReadFile(facts);
    return bytes ? std::move(bytes) : Failure(WhyGone(key, bytes.error()));
  }
  std::string bytes;
  WEFT_RETURN_IF_ERROR(Within(key, Translate(database_->Get({}, blobs_, key, &bytes))));
  return bytes;
}

Error RocksBlobStore::WhyGone(const std::string& key, const Error& error) {
  // A file that is not there was deleted after its record was read, or is lost.
  std::string noted;
  const bool lost = error.code() == ErrorCode::kNotFound && !options_.look_only &&
                    database_->Get({}, keys_, key, &noted).ok();
  return lost ? Error(ErrorCode::kDataLoss, error.message()).Within(key) : error.Within(key);
}

Result<std::vector<std::string>> RocksBlobStore::List(const std::string& prefix) {
  const std::unique_ptr<rocksdb::Iterator> entry(database_->NewIterator({}, keys_));
  std::vector<std::string> keys;
  for (entry->Seek(prefix); entry->Valid() && entry->key().starts_with(prefix); entry->Next()) {
    keys.push_back(entry->key().ToString());
  }
  WEFT_RETURN_IF_ERROR(Translate(entry->status()));
  return keys;
}

Status RocksBlobStore::DeletePrefix(const std::string& prefix) {
  WEFT_RETURN_IF_ERROR(RequireOwner());
  // Key by key: every read would have to look through all ranges that were ever deleted.
  WEFT_ASSIGN_OR_RETURN(Extent extent, Measure(prefix));
  if (extent.count > 0) {
    WEFT_RETURN_IF_ERROR(RequireFreeSpace(folder_, kBookkeepingBytes));
    WEFT_RETURN_IF_ERROR(Translate(database_->Write(Synced(), &extent.deletion)));
  }
  for (const BlobFiles::Number number : extent.files) {
    files_.Remove(number);
  }
  GiveBack(extent.bytes);
  return {};
}

void RocksBlobStore::GiveBack(std::uint64_t bytes) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(writing_);
    garbage_bytes_ += bytes;
    if (!IsWorthCompacting(garbage_bytes_) || now < compact_again_) {
      return;
    }
    bytes = std::exchange(garbage_bytes_, 0);
  }
  // The blobs are gone in any case. Where there is no room to compact, RocksDB's own log says so.
  if (!Compact()) {
    const std::lock_guard lock(writing_);
    garbage_bytes_ += bytes;
    compact_again_ = now + std::chrono::seconds(30);
  }
}

Result<RocksBlobStore::Extent> RocksBlobStore::Measure(const std::string& prefix) {
  const std::unique_ptr<rocksdb::Iterator> entry(database_->NewIterator({}, keys_));
  Extent extent;
  for (entry->Seek(prefix); entry->Valid() && entry->key().starts_with(prefix); entry->Next()) {
    ++extent.count;
    extent.deletion.Delete(keys_, entry->key());
    const BlobFacts facts = DecodeBlobFacts(entry->value().ToStringView());
    if (facts.file.has_value()) {
      extent.files.push_back(facts.file->number);
    } else {
      extent.bytes += facts.size_bytes;
      extent.deletion.Delete(blobs_, entry->key());
    }
  }
  WEFT_RETURN_IF_ERROR(Translate(entry->status()));
  return extent;
}

bool RocksBlobStore::IsWorthCompacting(std::uint64_t garbage_bytes) const {
  std::uint64_t stored = 0;  // Also garbage; without what is in memory and in the log only.
  database_->GetIntProperty(blobs_, "rocksdb.total-blob-file-size", &stored);
  return garbage_bytes >= options_.garbage_bytes_max && garbage_bytes >= stored / 4;
}

// Deleted is not yet freed: only compaction drops the blobs' references to their files.
Status RocksBlobStore::Compact() {
  rocksdb::CompactRangeOptions compaction;
  compaction.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  for (rocksdb::ColumnFamilyHandle* family : {keys_, blobs_}) {
    WEFT_RETURN_IF_ERROR(Translate(database_->CompactRange(compaction, family, nullptr, nullptr)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<BlobStore>> OpenRocksBlobStore(const std::string& folder,
                                                      const RocksBlobStoreOptions& options) {
  if (!options.look_only) {
    WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
    WEFT_RETURN_IF_ERROR(RequireFreeSpace(folder, kBookkeepingBytes));
  }
  auto store = std::make_unique<RocksBlobStore>(folder, options);
  const Status opened = store->Open();
  if (!opened) {
    return Failure(opened.error().Within("blob store " + folder));
  }
  return store;
}

}  // namespace weft
