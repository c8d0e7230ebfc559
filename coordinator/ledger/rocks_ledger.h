// The ledger in a RocksDB of its own, every commit synced.
//
// Damage: a damaged write-ahead log keeps the ledger from opening, except for a torn last batch,
// which nobody was told is durable. Full disk: Debian's RocksDB aborts the process when its log
// hits the end of the disk, so a commit that would come near it is refused before RocksDB sees it.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/ledger/ledger.h"

namespace weft::coordinator {

class RocksRecords;

struct RocksLedgerOptions {
  // What must stay free on the disk after a commit; covers a memtable on its way to disk.
  std::uint64_t free_bytes_min = 32 << 20;
};

class RocksLedger : public Ledger {
 public:
  RocksLedger(const RocksLedgerOptions& options, std::unique_ptr<RocksRecords> records);
  RocksLedger(const RocksLedger&) = delete;
  RocksLedger& operator=(const RocksLedger&) = delete;
  ~RocksLedger() override;

  Result<std::vector<Record>> Load() override;
  Status Commit(const RecordBatch& records) override;

  // See RocksRecords::CopyTo(). Any thread.
  [[nodiscard]] Status CopyTo(const std::string& folder) const;

 private:
  RocksLedgerOptions options_;
  std::unique_ptr<RocksRecords> records_;
};

// Opens the ledger in `folder`, which is made if it is not there. One process at a time.
// kFailedPrecondition: another coordinator runs on it.  kNoSpace: the disk is too full to open it.
// kPermissionDenied: the folder is not ours.            kDataLoss: it is damaged.
Result<std::unique_ptr<RocksLedger>> OpenRocksLedger(const std::string& folder,
                                                     const RocksLedgerOptions& options = {});

}  // namespace weft::coordinator
