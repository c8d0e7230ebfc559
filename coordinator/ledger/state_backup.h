// A copy of a farm's stored state, made while its coordinator runs or stands still. The copy is a
// state folder like any other: restoring it is starting a coordinator on it.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/blob_store.h"
#include "common/result.h"
#include "coordinator/ledger/rocks_records.h"

namespace weft::coordinator {

struct BackupFigures {
  std::size_t record_count = 0;
  std::size_t blob_count = 0;
  // That were dropped or damaged by the time their turn came; fsck of the copy says whether tasks
  // have to run again for them.
  std::size_t blobs_missing = 0;
};

// The keys of the blobs that records name. Records that cannot be read name none.
std::vector<std::string> NamedBlobs(const std::vector<RawRecord>& records);

// Makes a copy of these records, all of a ledger, and of the blobs in `blobs` that they name.
// blobs: as the farm reads them, without the checksums that they are stored with.
// Errors: as below, and kUnavailable where the blob store says so.
Result<BackupFigures> BackUp(const std::vector<RawRecord>& records,
                             BlobStore& blobs,
                             const std::string& copy);

// Copies what is durable at one moment: the ledger, and of the blobs those that its records name.
// copy: a folder that is not there yet, or empty.
// kAlreadyExists: something is in `copy`.  kNoSpace: its disk is full.
// Other errors: the state cannot be read.
Result<BackupFigures> BackUp(const std::string& state_folder, const std::string& copy);

}  // namespace weft::coordinator
