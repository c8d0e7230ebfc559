#include "coordinator/server/log_keeper.h"

#include <filesystem>
#include <system_error>

namespace weft::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStreamsMax = 1024;
constexpr const char* kFarmFolder = "farm";

}  // namespace

void LogKeeper::KeepNote(const LogEntry& entry) {
  Append("", entry);
  if (!entry.fields.job.empty()) {
    Append(entry.fields.job, entry);
  }
}

void LogKeeper::KeepRecord(const LogEntry& entry) {
  Append(entry.fields.job, entry);
}

Result<v1::LogPage> LogKeeper::Read(const v1::ReadLog& request) {
  if (!keeping_.enabled) {
    return Failure(ErrorCode::kNotFound, "this coordinator keeps no logs");
  }
  WEFT_ASSIGN_OR_RETURN(const LogStream* const stream, StreamOf(request.job()));
  return stream->Read(request);
}

void LogKeeper::Prune() {
  const auto now = fs::file_time_type::clock::now();
  std::error_code error;
  for (const auto& stream : fs::directory_iterator(folder_, error)) {
    const std::string name = stream.path().filename().string();
    fs::file_time_type latest{fs::file_time_type::min()};
    for (const auto& file : fs::directory_iterator(stream.path(), error)) {
      latest = std::max(latest, file.last_write_time(error));
    }
    if (name != kFarmFolder && !error && now - latest > keeping_.age_max) {
      streams_.erase(name);
      fs::remove_all(stream.path(), error);
    }
  }
}

std::pair<std::uint64_t, std::string> LogKeeper::TakeLosses() {
  return {std::exchange(lost_, 0), std::exchange(why_lost_, "")};
}

Result<LogStream*> LogKeeper::StreamOf(const std::string& job) {
  const auto known = streams_.find(job);
  if (known != streams_.end()) {
    return &known->second;
  }
  if (streams_.size() >= kStreamsMax) {
    streams_.clear();  // They are opened again as they are needed.
  }
  WEFT_ASSIGN_OR_RETURN(LogStream stream,
                        LogStream::Open(folder_ + "/" + (job.empty() ? kFarmFolder : job),
                                        job.empty() ? keeping_.farm : keeping_.job));
  return &streams_.emplace(job, std::move(stream)).first->second;
}

void LogKeeper::Append(const std::string& job, const LogEntry& entry) {
  if (!keeping_.enabled) {
    return;
  }
  const Result<LogStream*> stream = StreamOf(job);
  const Status kept = stream ? (*stream)->Append(entry) : Status(tl::unexpected(stream.error()));
  if (!kept) {
    ++lost_;
    why_lost_ = kept.error().message();
  }
}

}  // namespace weft::coordinator
