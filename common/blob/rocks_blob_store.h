// Blobs in a RocksDB of their own, every Put synced: small ones in its tables and blob files
// (BlobDB), those of 64 KiB and more in files beside it, in the folder `large`, which RocksDB knows
// by number, size and checksum.
//
// Damage: a damaged write-ahead log keeps the store from opening, except for a torn last record,
// which nobody was told is durable. Damaged blob files show in Get() as kDataLoss, as do files that
// are gone.
// Full disk: Debian's RocksDB aborts the process when its log hits the end of the disk, so a Put
// that would come near it is refused before RocksDB sees it.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/blob_store.h"
#include "common/result.h"

namespace weft {

struct RocksBlobStoreOptions {
  // What must stay free on the disk after a Put; covers two memtables on their way to disk.
  std::uint64_t free_bytes_min = 64 << 20;

  // Deleted blobs' space is given back, by a compaction, once they make up this much and a quarter
  // of what the store takes on disk: a compaction writes all that is left anew.
  std::uint64_t garbage_bytes_max = 16 << 20;

  // Opens what is durable now, also while another process has the store: Put() and DeletePrefix()
  // say kFailedPrecondition.
  bool look_only = false;
};

// Opens the store in `folder`, which is made if it is not there. One process at a time.
// DeletePrefix() of the result takes a compaction now and then, seconds for gigabytes; others go on
// meanwhile. It says kNoSpace when not even the deletion can be noted down. Where only the
// compaction fails, the blobs are gone, and the next call, also for what is gone, tries it again.
// kNoSpace: the disk is too full to open it.       kPermissionDenied: the folder is not ours.
// kFailedPrecondition: another process has it.     kDataLoss: it is damaged.
Result<std::unique_ptr<BlobStore>> OpenRocksBlobStore(const std::string& folder,
                                                      const RocksBlobStoreOptions& options = {});

}  // namespace weft
