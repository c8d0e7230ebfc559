#include "coordinator/ledger/state_backup.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "common/blob/blob_loss.h"
#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"
#include "coordinator/core/job_table.h"
#include "coordinator/ledger/record_bytes.h"
#include "coordinator/ledger/rocks_records.h"

namespace weft::coordinator {
namespace {

// Of one batch; a memtable takes it many times over.
constexpr std::size_t kBatchRecords = 2000;
constexpr std::uint64_t kFreeBytesMin = 32 << 20;

Status RequireEmpty(const std::string& folder) {
  std::error_code failure;
  if (std::filesystem::exists(folder, failure) && !std::filesystem::is_empty(folder, failure)) {
    return Failure(ErrorCode::kAlreadyExists, folder + ": something is there already");
  }
  return {};
}

// As it is in the copy.
std::string BytesOf(const RawRecord& record) {
  Result<v1::LedgerRecord> value = FromBytes(record.key, record.bytes);
  if (!value || !value->has_epoch()) {
    return record.bytes;
  }
  value->mutable_epoch()->set_copied(true);
  return ToBytes(*value);
}

Status WriteAll(const std::vector<RawRecord>& records, const std::string& folder) {
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<RocksRecords> ledger,
                        RocksRecords::Open(folder, RocksRecords::Mode::kOwn));
  for (std::size_t first = 0; first < records.size(); first += kBatchRecords) {
    const std::size_t end = std::min(first + kBatchRecords, records.size());
    RecordBatch batch;
    for (std::size_t i = first; i < end; ++i) {
      batch.Add(records[i].key, BytesOf(records[i]));
    }
    WEFT_RETURN_IF_ERROR(ledger->Write(batch, {}, kFreeBytesMin));
  }
  return {};
}

// What a job that has not ended reads and was handed in; others may be without theirs.
void AddUploads(const v1::JobRecord& record, std::map<std::string, UploadPlace>& uploads) {
  const auto state = static_cast<JobState>(record.state());
  if (!IsOpen(state)) {
    return;
  }
  for (const std::string* const file : FilesOf(record.spec())) {
    if (const auto place = ParseUploadUrl(*file); place) {
      uploads[place->Prefix()] = *place;
    }
  }
}

}  // namespace

std::vector<std::string> NamedBlobs(const std::vector<RawRecord>& records) {
  std::vector<std::string> keys;
  std::map<std::string, UploadPlace> uploads;
  for (const RawRecord& record : records) {
    const Result<v1::LedgerRecord> value = FromBytes(record.key, record.bytes);
    if (value) {
      for (const v1::Output& output : value->task().outputs()) {
        keys.push_back(output.blob().key());
      }
      AddUploads(value->job(), uploads);
    }
  }
  for (const auto& [prefix, place] : uploads) {
    for (std::uint32_t piece = 0; piece < place.PieceCount(); ++piece) {
      keys.push_back(place.PieceKey(piece));
    }
  }
  return keys;
}

Result<BackupFigures> BackUp(const std::vector<RawRecord>& records,
                             BlobStore& blobs,
                             const std::string& copy) {
  WEFT_RETURN_IF_ERROR(RequireEmpty(copy));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BlobStore> rocks, OpenRocksBlobStore(copy + "/blobs"));
  ChecksummedBlobStore to(std::move(rocks));
  BackupFigures figures;
  figures.record_count = records.size();
  for (const std::string& key : NamedBlobs(records)) {
    const Result<std::string> bytes = blobs.Get(key);
    if (!bytes && !SaysThatItIsLost(bytes.error())) {
      return Failure(bytes.error());
    }
    if (!bytes) {
      ++figures.blobs_missing;
      continue;
    }
    WEFT_RETURN_IF_ERROR(to.Put(key, *bytes));
    ++figures.blob_count;
  }
  // Last: a copy that was cut short has no ledger, and nobody takes it for whole.
  WEFT_RETURN_IF_ERROR(WriteAll(records, copy + "/ledger"));
  return figures;
}

Result<BackupFigures> BackUp(const std::string& state_folder, const std::string& copy) {
  WEFT_RETURN_IF_ERROR(RequireEmpty(copy));
  // The ledger first: what its records name was stored before they were.
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<RocksRecords> ledger,
                        RocksRecords::Open(state_folder + "/ledger", RocksRecords::Mode::kLookAt));
  WEFT_ASSIGN_OR_RETURN(const std::vector<RawRecord> records, ledger->ReadAll());
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BlobStore> rocks,
                        OpenRocksBlobStore(state_folder + "/blobs", {.look_only = true}));
  ChecksummedBlobStore from(std::move(rocks));
  return BackUp(records, from, copy);
}

}  // namespace weft::coordinator
