// What the program has to say about its work: readable lines on a terminal, JSON lines in a file.
//
// A record in the file is one line:
//   {"time":"2024-05-01T12:00:00.123Z","level":"info","program":"weft-worker","process":71,
//    "job":"j-1","chunk":3,"round":1,"task":"denoise 3.1","attempt":2,"epoch":1,
//    "worker":"local-0","message":"…"}
// Fields that were not given are left out.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/result.h"

namespace weft {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error"; nothing for another word.
std::optional<LogLevel> LogLevelNamed(std::string_view name);
std::string Name(LogLevel level);

// What a record is about.
struct LogFields {
  std::string job = {};
  std::optional<std::uint32_t> chunk = std::nullopt;
  std::optional<std::uint32_t> round = std::nullopt;
  std::string task = {};  // Name(TaskId).
  std::optional<std::uint32_t> attempt = std::nullopt;
  std::optional<std::uint64_t> epoch = std::nullopt;  // Of the attempt.
  std::string worker = {};
};

struct LogEntry {
  std::uint64_t unix_ms = 0;
  LogLevel level = LogLevel::kInfo;
  LogFields fields = {};
  std::string message = {};
};

// One line without its end, as in the file. program, process: left out where empty, 0.
std::string JsonLine(const LogEntry& entry, std::string_view program = {}, int process = 0);

// RFC 3339, UTC: "2024-05-01T12:00:00.123Z".
std::string TimeStamp(std::uint64_t unix_ms);

struct LogOptions {
  std::string program = {};          // "weft-worker".
  std::string file = {};             // Of the JSON lines; its folder is made. Empty: none.
  bool terminal = true;              // Readable lines on standard error.
  LogLevel level = LogLevel::kInfo;  // Less important records are dropped.
  std::size_t file_bytes_max = 16 << 20;
  std::size_t files_max = 4;  // Older files are file.1.ext, file.2.ext, …
  // Hears every record as well, on the thread that writes it. Empty: nobody.
  std::function<void(const LogEntry&)> listener = {};
};

// Built by main and passed on; copies are cheap and write to the same place. Any thread.
class Log {
 public:
  // kPermissionDenied: the file cannot be written.
  static Result<Log> Open(const LogOptions& options);

  // A log that writes nowhere.
  static Log Silent() { return Log(nullptr); }

  // The same log, whose records carry `fields` too; those that are set here win.
  [[nodiscard]] Log With(const LogFields& fields) const;

  void Debug(std::string_view message) const { Write(LogLevel::kDebug, message); }
  void Info(std::string_view message) const { Write(LogLevel::kInfo, message); }
  void Warning(std::string_view message) const { Write(LogLevel::kWarning, message); }
  void Error(std::string_view message) const { Write(LogLevel::kError, message); }

  // Never fails: what cannot be written is dropped.
  void Write(LogLevel level, std::string_view message) const;

 private:
  class Outlets;

  explicit Log(std::shared_ptr<Outlets> outlets) : outlets_(std::move(outlets)) {}

  std::shared_ptr<Outlets> outlets_;  // Lives as long as the last of the logs that write to it.
  LogFields fields_;
};

}  // namespace weft
