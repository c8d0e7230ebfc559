// Damage in RocksDB's write-ahead logs that RocksDB itself takes for a torn end.

#pragma once

#include <string>

#include "common/result.h"

namespace weft {

// A record whose length was changed so that it reaches beyond the log's end looks like the last
// one, cut short by a crash, and RocksDB drops it and all behind it without a word. Where sound
// records follow, it was not the last one.
//
// folder: of a database that nobody has open; Ok when it is not there.
// kDataLoss: such a record; names the log and the place.  kInternal: a log cannot be read.
//
// Source: the format of RocksDB's log files, version 7.8, db/log_format.h.
Status FindLogDamage(const std::string& folder);

}  // namespace weft
