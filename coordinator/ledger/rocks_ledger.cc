#include "coordinator/ledger/rocks_ledger.h"

#include <utility>
#include <vector>

#include "coordinator/ledger/record_bytes.h"
#include "coordinator/ledger/rocks_records.h"

namespace weft::coordinator {
RocksLedger::RocksLedger(const RocksLedgerOptions& options, std::unique_ptr<RocksRecords> records)
    : options_(options), records_(std::move(records)) {}

RocksLedger::~RocksLedger() = default;

Result<std::vector<Record>> RocksLedger::Load() {
  std::vector<Record> records;
  WEFT_RETURN_IF_ERROR(
      records_->ForEach([&](std::string_view key, std::string_view bytes) -> Status {
        WEFT_ASSIGN_OR_RETURN(v1::LedgerRecord value, FromBytes(key, bytes));
        records.push_back({std::string(key), std::move(value)});
        return {};
      }));
  return records;
}

Status RocksLedger::Commit(const RecordBatch& records) {
  return records.empty() ? Status() : records_->Write(records, {}, options_.free_bytes_min);
}

Status RocksLedger::CopyTo(const std::string& folder) const {
  return records_->CopyTo(folder);
}

Result<std::unique_ptr<RocksLedger>> OpenRocksLedger(const std::string& folder,
                                                     const RocksLedgerOptions& options) {
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<RocksRecords> records,
                        RocksRecords::Open(folder, RocksRecords::Mode::kOwn));
  return std::make_unique<RocksLedger>(options, std::move(records));
}

}  // namespace weft::coordinator
