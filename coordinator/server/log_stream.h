// Log records in the order in which they came, in files of one folder.
//
// Each file is named after the offset of its first byte in the whole stream and holds JSON lines as
// in common/log/log.h; when it is full the next one begins, and the oldest are deleted. So an
// offset keeps its meaning as long as the stream lives, and whoever follows goes on from one. A
// line that a crash has torn is skipped.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/log/log.h"
#include "common/result.h"
#include "weft/v1/log.pb.h"

namespace weft::coordinator {

struct LogStreamLimits {
  std::uint64_t file_bytes = 4 << 20;
  std::uint64_t bytes_max = 64 << 20;  // Of all files, about.
};

// Used by one thread; one at a time for a folder.
class LogStream {
 public:
  // The folder need not be there; it is made with the first record.
  // Errors: it is there and cannot be read.
  static Result<LogStream> Open(std::string folder, const LogStreamLimits& limits);

  // kNoSpace, kPermissionDenied: the record is not kept.
  Status Append(const LogEntry& entry);

  // A page of what the request asks for; of its fields `job` does not matter. A page that holds
  // nothing need not be the last one: few records may be wanted. kDataLoss: a file cannot be read.
  [[nodiscard]] Result<v1::LogPage> Read(const v1::ReadLog& request) const;

  // Offsets of the first byte that is kept, and behind the last one.
  [[nodiscard]] std::uint64_t Begin() const;
  [[nodiscard]] std::uint64_t End() const;

 private:
  LogStream(std::string folder, const LogStreamLimits& limits)
      : folder_(std::move(folder)), limits_(limits) {}

  [[nodiscard]] std::string PathOf(std::uint64_t begin) const;
  Status CloseTornLine();
  Status Write(std::string_view bytes);
  void MakeRoom();
  // Up to `count` bytes of the stream from `offset` on.
  [[nodiscard]] Result<std::string> BytesAt(std::uint64_t offset, std::uint64_t count) const;
  [[nodiscard]] Result<std::uint64_t> StartOf(const v1::ReadLog& request) const;

  std::string folder_;
  LogStreamLimits limits_;
  std::map<std::uint64_t, std::uint64_t> files_;  // Their sizes, by the offset of their first byte.
};

// A line of a log as the record it was; nothing for one that makes no sense.
std::optional<v1::LogRecord> RecordOf(std::string_view json_line);

}  // namespace weft::coordinator
