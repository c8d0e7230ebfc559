// Log records between programs.

#pragma once

#include "common/log/log.h"
#include "weft/v1/log.pb.h"

namespace weft {

v1::LogSeverity ToWire(LogLevel level);
v1::LogRecord ToWire(const LogEntry& entry);

// What is not known of the severity counts as information. Chunk and round of a task are read from
// its name.
LogEntry FromWire(const v1::LogRecord& record);

}  // namespace weft
