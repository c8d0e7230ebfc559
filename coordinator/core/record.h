// The ledger's rows as the core writes and reads them: one key, one value, the newest counts.

#pragma once

#include <cstdint>
#include <string>

#include "common/ids.h"
#include "weft/v1/ledger.pb.h"

namespace weft::coordinator {

// Layout of the records this build writes; it reads this one and all older ones.
inline constexpr std::uint32_t kRecordVersion = 6;

struct Record {
  std::string key;
  v1::LedgerRecord value;
  bool erased = false;  // The key goes; there is no value.
};

Record ToRecord(v1::EpochRecord epoch);    // "epoch"
Record ToRecord(v1::JobRecord job);        // "job/<job>"
Record ToRecord(v1::ForgottenJob job);     // Likewise: in its place.
Record ToRecord(v1::TaskRecord task);      // "task/<job>/<stage>/<round>/<chunk>"
Record ToRecord(v1::WorkerRecord worker);  // "worker/<worker>"

// A task's record that says nothing yet but which task it is.
Record RecordOf(const TaskId& task);

// The record goes.
Record Erased(const TaskId& task);
Record Erased(const JobId& job);

}  // namespace weft::coordinator
