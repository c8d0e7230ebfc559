// A ledger whose disk is a map: for tests and simulations.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/ledger/ledger.h"

namespace weft::coordinator {

// What outlives a ledger that is closed: records as bytes, by key.
using MemoryDisk = std::map<std::string, std::string>;

class MemoryLedger : public Ledger {
 public:
  // disk: outlives the ledger.
  explicit MemoryLedger(MemoryDisk& disk) : disk_(disk) {}

  Result<std::vector<Record>> Load() override;
  Status Commit(const RecordBatch& records) override;

 private:
  MemoryDisk& disk_;
};

}  // namespace weft::coordinator
