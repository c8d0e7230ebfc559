// The coordinator's durable memory: one record for each key, the newest counts.

#pragma once

#include <vector>

#include "common/result.h"
#include "coordinator/core/record.h"
#include "coordinator/ledger/record_batch.h"

namespace weft::coordinator {

// Used by one thread.
class Ledger {
 public:
  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  virtual ~Ledger() = default;

  // All records, in ascending order of their keys.
  // kUnsupported: a newer Weft wrote the ledger.  kDataLoss: it is damaged.
  virtual Result<std::vector<Record>> Load() = 0;

  // Writes or erases all records or none; durable on return. Of equal keys the later counts. Ok for
  // none. kNoSpace: the disk is too full; nothing was written.
  virtual Status Commit(const RecordBatch& records) = 0;
};

}  // namespace weft::coordinator
