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

Status MemoryLedger::Commit(const std::vector<Record>& records) {
  for (const Record& record : records) {
    disk_[record.key] = ToBytes(record.value);
  }
  return {};
}

}  // namespace weft::coordinator
