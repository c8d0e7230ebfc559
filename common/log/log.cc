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
  if (fields.round) {
    record["round"] = *fields.round;
  }
  if (!fields.task.empty()) {
    record["task"] = fields.task;
  }
  if (fields.attempt) {
    record["attempt"] = *fields.attempt;
  }
  if (fields.epoch) {
    record["epoch"] = *fields.epoch;
  }
  if (!fields.worker.empty()) {
    record["worker"] = fields.worker;
  }
}

}  // namespace

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

std::optional<LogLevel> LogLevelNamed(std::string_view name) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (name == Name(level)) {
      return level;
    }
  }
  return std::nullopt;
}

std::string TimeStamp(std::uint64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     unix_ms % 1000);
}

std::string JsonLine(const LogEntry& entry, std::string_view program, int process) {
  nlohmann::ordered_json record;
  record["time"] = TimeStamp(entry.unix_ms);
  record["level"] = Name(entry.level);
  if (!program.empty()) {
    record["program"] = program;
  }
  if (process != 0) {
    record["process"] = process;
  }
  AddFields(entry.fields, record);
  record["message"] = entry.message;
  // Bytes that are no UTF-8 must not cost the record.
  return record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
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
    const auto now = std::chrono::system_clock::now();
    const auto since_1970 =
        std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    const LogEntry entry{static_cast<std::uint64_t>(since_1970), level, fields,
                         std::string(message)};
    if (terminal_) {
      terminal_->log(now, {}, ToSpdlog(level), Prefix(fields).append(message));
    }
    if (file_) {
      file_->log(now, {}, ToSpdlog(level), JsonLine(entry, options_.program, ::getpid()));
    }
    if (options_.listener) {
      options_.listener(entry);
    }
  }

 private:
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
  if (fields.round) {
    log.fields_.round = fields.round;
  }
  if (!fields.task.empty()) {
    log.fields_.task = fields.task;
  }
  if (fields.attempt) {
    log.fields_.attempt = fields.attempt;
  }
  if (fields.epoch) {
    log.fields_.epoch = fields.epoch;
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
