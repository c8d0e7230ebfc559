#include "coordinator/ledger/memory_ledger.h"

#include <utility>

#include "coordinator/ledger/record_bytes.h"

namespace weft::coordinator {

Result<std::vector<Record>> MemoryLedger::Load() {
  std::vector<Record> records;
  for (const auto& [key, bytes] : disk_) {
    WEFT_ASSIGN_OR_RETURN(v1::LedgerRecord value, FromBytes(key, bytes));
    records.push_back({key, std::move(value)});
  }
  return records;
}

Status MemoryLedger::Commit(const RecordBatch& records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto [key, bytes] = records.At(i);
    if (bytes.empty()) {
      disk_.erase(std::string(key));
    } else {
      disk_[std::string(key)] = bytes;
    }
  }
  return {};
}

}  // namespace weft::coordinator
