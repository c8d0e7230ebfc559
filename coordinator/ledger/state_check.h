// What is wrong with the stored state of a farm that is not running, and what would put it right.
//
// A task that is done must have its outputs for as long as a task that is not done reads them;
// where they are gone or damaged, the task has to run again, and so must those before it whose
// outputs were dropped since.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/blob_store.h"
#include "common/ids.h"
#include "coordinator/ledger/rocks_records.h"

namespace weft::coordinator {

struct Defect {
  std::string place;   // A record's key, "j-17: finish 3", a blob's key.
  std::string what;    // Is wrong there.
  std::string remedy;  // What Repair() does about it; empty: nothing can be done.
  // Whose output is damaged, where its task has to run again.
  std::optional<AttemptId> attempt = std::nullopt;
};

struct StateCheck {
  std::size_t record_count = 0;
  std::size_t job_count = 0;
  std::size_t blob_count = 0;  // That were read.
  // Blobs that no record names: of attempts that came to nothing. Files that were handed in are
  // none.
  std::size_t orphan_count = 0;
  std::vector<Defect> defects;

  // The remedies.
  RecordBatch puts;
  std::vector<std::string> deletes;
  std::vector<std::string> blob_deletes;
};

// records: all of the ledger, in any order. blobs: of its farm.
// What cannot be read for a reason that says nothing of it is a defect without a remedy.
// Errors: the blob store cannot be listed.
Result<StateCheck> CheckState(const std::vector<RawRecord>& records, BlobStore& blobs);

// Applies the remedies: first to the blobs, so that a crash between the two leaves defects that the
// next check finds.
Status Repair(const StateCheck& check, RocksRecords& records, BlobStore& blobs);

}  // namespace weft::coordinator
