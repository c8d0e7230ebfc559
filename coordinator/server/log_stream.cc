#include "coordinator/server/log_stream.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "common/wire/log_wire.h"
#include "common/writable_folder.h"

namespace weft::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kScanBytes = 1 << 20;     // Of a stream, for one page.
constexpr std::size_t kPageBytesMax = 256 << 10;  // A control message has at most 1 MiB.
constexpr std::string_view kExtension = ".jsonl";
constexpr int kDigits = 20;  // Names sort as offsets do.

std::string FileName(std::uint64_t begin) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof(digits), "%020llu", static_cast<unsigned long long>(begin));
  return digits + std::string(kExtension);
}

std::optional<std::uint64_t> BeginOf(const fs::path& file) {
  const std::string stem = file.stem().string();
  const bool is_ours = file.extension() == kExtension && stem.size() == kDigits &&
                       stem.find_first_not_of("0123456789") == std::string::npos;
  return is_ours ? std::optional(std::stoull(stem)) : std::nullopt;
}

tl::unexpected<Error> CannotWrite(const std::string& path, int reason) {
  return Failure(
      reason == ENOSPC || reason == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kPermissionDenied,
      "cannot write " + path + ": " + std::generic_category().message(reason));
}

// "2024-05-01T12:00:00.123Z"; 0 for anything else.
std::uint64_t UnixMs(const std::string& stamp) {
  constexpr std::size_t kMillisecondsAt = 20;
  constexpr std::size_t kLength = 24;
  std::tm utc{};
  if (stamp.size() != kLength || ::strptime(stamp.c_str(), "%Y-%m-%dT%H:%M:%S.", &utc) == nullptr) {
    return 0;
  }
  std::uint64_t milliseconds = 0;
  std::from_chars(stamp.data() + kMillisecondsAt, stamp.data() + kLength - 1, milliseconds);
  const std::time_t seconds = ::timegm(&utc);
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds) * 1000 + milliseconds;
}

// Of another type or absent: as if it were empty.
std::string Text(const nlohmann::json& record, const char* key) {
  const auto value = record.find(key);
  return value != record.end() && value->is_string() ? value->get<std::string>() : "";
}

std::uint64_t Number(const nlohmann::json& record, const char* key) {
  const auto value = record.find(key);
  return value != record.end() && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

bool IsWanted(const v1::LogRecord& record, const v1::ReadLog& request) {
  return (request.task().empty() || record.task() == request.task()) &&
         (request.attempt() == 0 || record.attempt() == request.attempt()) &&
         record.severity() >= request.least() &&
         record.message().find(request.contains()) != std::string::npos;
}

}  // namespace

std::optional<v1::LogRecord> RecordOf(std::string_view json_line) {
  const auto json = nlohmann::json::parse(json_line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  const auto level = LogLevelNamed(Text(json, "level"));
  if (!level.has_value()) {
    return std::nullopt;
  }
  v1::LogRecord record;
  record.set_unix_ms(UnixMs(Text(json, "time")));
  record.set_severity(ToWire(*level));
  record.set_message(Text(json, "message"));
  record.set_job(Text(json, "job"));
  record.set_task(Text(json, "task"));
  record.set_attempt(static_cast<std::uint32_t>(Number(json, "attempt")));
  record.set_epoch(Number(json, "epoch"));
  record.set_worker(Text(json, "worker"));
  return record;
}

Result<LogStream> LogStream::Open(std::string folder, const LogStreamLimits& limits) {
  LogStream stream(std::move(folder), limits);
  std::error_code error;
  if (!fs::exists(stream.folder_, error)) {
    return stream;
  }
  for (const auto& entry : fs::directory_iterator(stream.folder_, error)) {
    if (const auto begin = BeginOf(entry.path()); begin.has_value()) {
      stream.files_[*begin] = entry.file_size(error);
    }
  }
  if (error) {
    return Failure(ErrorCode::kPermissionDenied,
                   "cannot read " + stream.folder_ + ": " + error.message());
  }
  WEFT_RETURN_IF_ERROR(stream.CloseTornLine());
  return stream;
}

std::uint64_t LogStream::Begin() const {
  return files_.empty() ? 0 : files_.begin()->first;
}

std::uint64_t LogStream::End() const {
  return files_.empty() ? 0 : files_.rbegin()->first + files_.rbegin()->second;
}

Status LogStream::Append(const LogEntry& entry) {
  if (files_.empty()) {
    WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder_));
    files_[0] = 0;
  } else if (files_.rbegin()->second >= limits_.file_bytes) {
    files_[End()] = 0;
    MakeRoom();
  }
  return Write(JsonLine(entry) + "\n");
}

Status LogStream::CloseTornLine() {
  if (files_.empty() || files_.rbegin()->second == 0) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const std::string last, BytesAt(End() - 1, 1));
  return last == "\n" ? Status() : Write("\n");
}

Status LogStream::Write(std::string_view bytes) {
  const std::string path = PathOf(files_.rbegin()->first);
  constexpr int kOwnerWritesOthersRead = 0644;
  const int file =
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerWritesOthersRead);
  if (file < 0) {
    return CannotWrite(path, errno);
  }
  const ssize_t written = ::write(file, bytes.data(), bytes.size());
  const int reason = errno;
  ::close(file);
  if (written < 0) {
    return CannotWrite(path, reason);
  }
  files_.rbegin()->second += static_cast<std::uint64_t>(written);
  if (static_cast<std::size_t>(written) < bytes.size()) {
    return CannotWrite(path, ENOSPC);  // Its line is torn, and closed by the next Open().
  }
  return {};
}

void LogStream::MakeRoom() {
  while (files_.size() > 1 && End() - Begin() > limits_.bytes_max) {
    std::error_code ignored;  // A file that stays is found again by the next Open().
    fs::remove(PathOf(files_.begin()->first), ignored);
    files_.erase(files_.begin());
  }
}

std::string LogStream::PathOf(std::uint64_t begin) const {
  return folder_ + "/" + FileName(begin);
}

Result<std::string> LogStream::BytesAt(std::uint64_t offset, std::uint64_t count) const {
  std::string bytes;
  auto file = files_.upper_bound(offset);
  if (file == files_.begin()) {
    return bytes;
  }
  for (--file; file != files_.end() && bytes.size() < count; ++file) {
    const std::uint64_t skipped = offset + bytes.size() - file->first;
    const std::uint64_t wanted = std::min(count - bytes.size(), file->second - skipped);
    std::ifstream in(PathOf(file->first), std::ios::binary);
    in.seekg(static_cast<std::streamoff>(skipped));
    const std::size_t before = bytes.size();
    bytes.resize(before + wanted);
    if (!in.read(bytes.data() + before, static_cast<std::streamsize>(wanted))) {
      return Failure(ErrorCode::kDataLoss, "cannot read " + PathOf(file->first));
    }
  }
  return bytes;
}

Result<std::uint64_t> LogStream::StartOf(const v1::ReadLog& request) const {
  if (!request.from_end()) {
    return std::clamp(request.offset(), Begin(), End());
  }
  const std::uint64_t start = End() - std::min(End() - Begin(), request.tail_bytes());
  if (start == Begin()) {
    return start;
  }
  // From the first line that begins there, not within one.
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, BytesAt(start - 1, kScanBytes));
  const std::size_t line_end = bytes.find('\n');
  return line_end == std::string::npos ? End() : start + line_end;
}

Result<v1::LogPage> LogStream::Read(const v1::ReadLog& request) const {
  v1::LogPage page;
  WEFT_ASSIGN_OR_RETURN(const std::uint64_t start, StartOf(request));
  if (!request.from_end() && request.offset() < Begin()) {
    page.set_missing_bytes(Begin() - request.offset());
  }
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, BytesAt(start, kScanBytes));
  std::size_t position = 0;
  std::size_t size = 0;
  while (size < kPageBytesMax) {
    const std::size_t line_end = bytes.find('\n', position);
    if (line_end == std::string::npos) {
      break;
    }
    const auto record = RecordOf(std::string_view(bytes).substr(position, line_end - position));
    position = line_end + 1;
    if (record.has_value() && IsWanted(*record, request)) {
      size += record->ByteSizeLong();
      *page.add_records() = *record;
    }
  }
  page.set_next(start + position);
  page.set_at_end(page.next() == End());
  return page;
}

}  // namespace weft::coordinator
