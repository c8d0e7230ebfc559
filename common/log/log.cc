#include "common/log/log.h"

#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

namespace weft {
namespace {

using SystemTime = std::chrono::system_clock::time_point;

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// RFC 3339, UTC: "2024-05-01T12:00:00.123Z".
std::string TimeStamp(SystemTime time) {
  const auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     milliseconds % 1000);
}

// "worker local-0, job j-1, denoise 3.1, attempt 2: "; empty without fields. A task names its
// chunk.
std::string Prefix(const LogFields& fields) {
  std::string prefix;
  const auto add = [&](const std::string& words) {
    prefix += (prefix.empty() ? "" : ", ") + words;
  };
  if (!fields.worker.empty()) {
    add("worker " + fields.worker);
  }
  if (!fields.job.empty()) {
    add("job " + fields.job);
  }
  if (!fields.task.empty()) {
    add(fields.task);
  } else if (fields.chunk) {
    add("chunk " + std::to_string(*fields.chunk));
  }
  if (fields.attempt) {
    add("attempt " + std::to_string(*fields.attempt));
  }
  return prefix.empty() ? prefix : prefix + ": ";
}

void AddFields(const LogFields& fields, nlohmann::ordered_json& record) {
  if (!fields.job.empty()) {
    record["job"] = fields.job;
  }
  if (fields.chunk) {
    record["chunk"] = *fields.chunk;
  }
  if (!fields.task.empty()) {
    record["task"] = fields.task;
  }
  if (fields.attempt) {
    record["attempt"] = *fields.attempt;
  }
  if (!fields.worker.empty()) {
    record["worker"] = fields.worker;
  }
}

}  // namespace

std::optional<LogLevel> LogLevelNamed(std::string_view name) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (name == Name(level)) {
      return level;
    }
  }
  return std::nullopt;
}

// Where records go. spdlog's own registry of loggers, a global, is not used.
class Log::Outlets {
 public:
  // Throws spdlog::spdlog_ex when the file cannot be opened.
  explicit Outlets(const LogOptions& options) : options_(options) {
    if (options.terminal) {
      terminal_ = std::make_unique<spdlog::logger>(
          options.program, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
      terminal_->set_pattern("%H:%M:%S %n %^%l%$: %v");
      terminal_->set_level(ToSpdlog(options.level));
    }
    if (!options.file.empty()) {
      const std::size_t older_files = options.files_max > 0 ? options.files_max - 1 : 0;
      file_ = std::make_unique<spdlog::logger>(
          options.program, std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
                               options.file, options.file_bytes_max, older_files));
      file_->set_pattern("%v");
      file_->set_level(ToSpdlog(options.level));
      file_->flush_on(spdlog::level::debug);  // A crash takes no record with it.
    }
  }

  void Write(LogLevel level, const LogFields& fields, std::string_view message) {
    if (level < options_.level) {
      return;
    }
    const SystemTime now = std::chrono::system_clock::now();
    if (terminal_) {
      terminal_->log(now, {}, ToSpdlog(level), Prefix(fields).append(message));
    }
    if (file_) {
      file_->log(now, {}, ToSpdlog(level), JsonLine(now, level, fields, message));
    }
  }

 private:
  [[nodiscard]] std::string JsonLine(SystemTime now,
                                     LogLevel level,
                                     const LogFields& fields,
                                     std::string_view message) const {
    nlohmann::ordered_json record;
    record["time"] = TimeStamp(now);
    record["level"] = Name(level);
    record["program"] = options_.program;
    record["process"] = ::getpid();
    AddFields(fields, record);
    record["message"] = message;
    // Bytes that are no UTF-8 must not cost the record.
    return record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }

  LogOptions options_;
  std::unique_ptr<spdlog::logger> terminal_;
  std::unique_ptr<spdlog::logger> file_;
};

Result<Log> Log::Open(const LogOptions& options) {
  try {
    return Log(std::make_shared<Outlets>(options));
  } catch (const spdlog::spdlog_ex& failure) {
    return Failure(ErrorCode::kPermissionDenied, std::string("log: ") + failure.what());
  }
}

Log Log::With(const LogFields& fields) const {
  Log log = *this;
  if (!fields.job.empty()) {
    log.fields_.job = fields.job;
  }
  if (fields.chunk) {
    log.fields_.chunk = fields.chunk;
  }
  if (!fields.task.empty()) {
    log.fields_.task = fields.task;
  }
  if (fields.attempt) {
    log.fields_.attempt = fields.attempt;
  }
  if (!fields.worker.empty()) {
    log.fields_.worker = fields.worker;
  }
  return log;
}

void Log::Write(LogLevel level, std::string_view message) const {
  if (outlets_) {
    outlets_->Write(level, fields_, message);
  }
}

}  // namespace weft
