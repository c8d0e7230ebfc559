// What there is to read of every job and of the whole farm: one stream of records for each.
//
// The farm's stream has what the coordinator did and what workers say about no job; a job's has all
// that is about it.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/result.h"
#include "coordinator/server/log_stream.h"
#include "weft/v1/log.pb.h"

namespace weft::coordinator {

struct LogKeeping {
  LogStreamLimits job = {};
  LogStreamLimits farm = {.file_bytes = 16 << 20, .bytes_max = 256 << 20};
  std::chrono::hours age_max{30 *
                             24};  // Streams that nothing was added to for so long are deleted.
  bool enabled = true;             // Else nothing is kept.
};

// Used by one thread.
class LogKeeper {
 public:
  // folder: made when there is something to keep.
  LogKeeper(std::string folder, const LogKeeping& keeping)
      : folder_(std::move(folder)), keeping_(keeping) {}

  // Of the coordinator: for the farm, and for its job.
  void KeepNote(const LogEntry& entry);
  // Of a worker: for its job, or else for the farm.
  void KeepRecord(const LogEntry& entry);

  // kNotFound: logs are not kept.  Others: as LogStream::Read().
  Result<v1::LogPage> Read(const v1::ReadLog& request);

  // Deletes what is too old by now.
  void Prune();

  // Records that could not be written since the last call, and why not the last of them.
  std::pair<std::uint64_t, std::string> TakeLosses();

 private:
  Result<LogStream*> StreamOf(const std::string& job);
  void Append(const std::string& job, const LogEntry& entry);

  const std::string folder_;
  const LogKeeping keeping_;
  std::map<std::string, LogStream> streams_;  // By job, the farm's under "". Those used of late.
  std::uint64_t lost_ = 0;
  std::string why_lost_;
};

}  // namespace weft::coordinator
