// What is wrong with files that were handed in with jobs, as they are stored.

#pragma once

#include <string>
#include <vector>

#include "common/blob_store.h"
#include "coordinator/core/job_table.h"
#include "coordinator/ledger/state_check.h"

namespace weft::coordinator {

// Adds to `check` the pieces that are damaged, which are to be dropped, and those that a job which
// has not ended needs and that are gone. Whoever has the file can hand it in again.
// jobs: all.  keys: of all blobs.
void CheckUploads(const std::vector<const Job*>& jobs,
                  const std::vector<std::string>& keys,
                  BlobStore& blobs,
                  StateCheck& check);

}  // namespace weft::coordinator
