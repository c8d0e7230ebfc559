// The ledger's RocksDB, a key and bytes at a time: what RocksLedger writes through, and what checks
// and copies a ledger that may be damaged.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/db.h>

#include "common/result.h"
#include "coordinator/ledger/record_batch.h"

namespace weft::coordinator {

struct RawRecord {
  std::string key;
  std::string bytes;
};

class RocksRecords {
 public:
  enum class Mode {
    kOwn,      // Alone, to read and write.
    kSalvage,  // Likewise, and what cannot be read of the write-ahead log is left out.
    kLookAt,   // What is durable now, also while a coordinator runs; nothing can be written.
  };

  // folder: is made if it is not there, but not to look at.
  // kFailedPrecondition: another coordinator runs on it.  kNoSpace: the disk is too full to open
  // it. kPermissionDenied: the folder is not ours.            kDataLoss: it is damaged.
  static Result<std::unique_ptr<RocksRecords>> Open(const std::string& folder, Mode mode);

  // Calls visit(key, bytes) for every record, in ascending order of keys, until it fails.
  using Visit = std::function<Status(std::string_view key, std::string_view bytes)>;
  [[nodiscard]] Status ForEach(const Visit& visit) const;

  // All of them.
  [[nodiscard]] Result<std::vector<RawRecord>> ReadAll() const;

  // What is durable now, as records of their own in `folder`, on the same disk: files are linked,
  // not copied. Any thread, also while another one writes. REQUIRES: `folder` is not there.
  [[nodiscard]] Status CopyTo(const std::string& folder) const;

  // Writes and deletes in one synced batch; all or nothing.
  // free_bytes_min: what must stay free on the disk.  kNoSpace: less would.
  Status Write(const RecordBatch& puts,
               const std::vector<std::string>& deletes,
               std::uint64_t free_bytes_min);

  // Reads every table and compares it with its checksums. kDataLoss: names what is damaged.
  [[nodiscard]] Status VerifyFiles() const;

 private:
  RocksRecords(std::string folder, std::unique_ptr<rocksdb::DB> database);

  std::string folder_;
  std::unique_ptr<rocksdb::DB> database_;
};

}  // namespace weft::coordinator
