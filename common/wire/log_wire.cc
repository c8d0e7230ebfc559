#include "common/wire/log_wire.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "common/utf8.h"

namespace weft {
namespace {

LogLevel LevelOf(v1::LogSeverity severity) {
  switch (severity) {
    case v1::LOG_SEVERITY_DEBUG:
      return LogLevel::kDebug;
    case v1::LOG_SEVERITY_WARNING:
      return LogLevel::kWarning;
    case v1::LOG_SEVERITY_ERROR:
      return LogLevel::kError;
    default:
      return LogLevel::kInfo;
  }
}

// The whole number that begins there; nothing where none does.
std::optional<std::uint32_t> NumberAt(const std::string& text, std::size_t at) {
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data() + at, text.data() + text.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

v1::LogSeverity ToWire(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return v1::LOG_SEVERITY_DEBUG;
    case LogLevel::kInfo:
      return v1::LOG_SEVERITY_INFO;
    case LogLevel::kWarning:
      return v1::LOG_SEVERITY_WARNING;
    case LogLevel::kError:
      return v1::LOG_SEVERITY_ERROR;
  }
  return v1::LOG_SEVERITY_ERROR;
}

v1::LogRecord ToWire(const LogEntry& entry) {
  v1::LogRecord record;
  record.set_unix_ms(entry.unix_ms);
  record.set_severity(ToWire(entry.level));
  record.set_message(ValidUtf8(entry.message));
  record.set_job(entry.fields.job);
  record.set_task(entry.fields.task);
  record.set_attempt(entry.fields.attempt.value_or(0));
  record.set_epoch(entry.fields.epoch.value_or(0));
  record.set_worker(entry.fields.worker);
  return record;
}

LogEntry FromWire(const v1::LogRecord& record) {
  LogEntry entry;
  entry.unix_ms = record.unix_ms();
  entry.level = LevelOf(record.severity());
  entry.message = record.message();
  entry.fields.job = record.job();
  entry.fields.task = record.task();
  entry.fields.worker = record.worker();
  if (record.attempt() > 0) {
    entry.fields.attempt = record.attempt();
  }
  if (record.epoch() > 0) {
    entry.fields.epoch = record.epoch();
  }
  const std::string& task = record.task();
  const std::size_t space = task.find(' ');
  if (space != std::string::npos) {
    const std::size_t dot = task.find('.', space);
    entry.fields.chunk = NumberAt(task, space + 1);
    entry.fields.round = dot == std::string::npos ? std::nullopt : NumberAt(task, dot + 1);
  }
  return entry;
}

}  // namespace weft
