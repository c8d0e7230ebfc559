#include "coordinator/server/log_desk.h"

#include <algorithm>
#include <chrono>

#include "common/utf8.h"
#include "common/wire/error_wire.h"
#include "common/wire/log_wire.h"

namespace weft::coordinator {
namespace {

// What one worker may say: enough for a library that is in trouble, too little to fill a disk soon.
constexpr double kBytesAtOnce = 4 << 20;
constexpr double kBytesPerSecond = 256 << 10;
constexpr std::size_t kMessageBytesMax = 16 << 10;

std::uint64_t NowUnixMs() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(since_1970).count());
}

}  // namespace

void LogDesk::Hear(const PeerId& from, const v1::LogRecords& records, Time now) {
  const Worker* const worker = farm_.State().workers.OfPeer(from);
  if (worker == nullptr) {
    return;
  }
  const WorkerId name = worker->self.worker;
  const auto [known, is_new] = sources_.try_emplace(name);
  Source& source = known->second;
  if (is_new || source.life != worker->self.instance) {
    source = {.life = worker->self.instance,
              .next = records.first(),
              .allowance = kBytesAtOnce,
              .allowed_at = now};
  }
  const auto count = static_cast<std::uint64_t>(records.records_size());
  const std::uint64_t skipped = records.first() > source.next ? records.first() - source.next : 0;
  source.next = records.first() + count;
  source.unheard += skipped;
  lost_ += skipped;
  if (!Admit(source, records.ByteSizeLong(), now)) {
    source.unheard += count;
    lost_ += count;
    return;
  }
  if (source.unheard > 0) {
    KeepGap(name, std::exchange(source.unheard, 0));
  }
  for (const v1::LogRecord& record : records.records()) {
    Keep(name, record);
  }
}

v1::FromCoordinator LogDesk::Answer(const v1::ReadLog& request) {
  v1::FromCoordinator answer;
  Result<v1::LogPage> page =
      request.job().empty() || farm_.State().jobs.Find({request.job()}) != nullptr
          ? keeper_.Read(request)
          : Failure(ErrorCode::kNotFound, "no such job: " + request.job());
  if (page) {
    *answer.mutable_log_page() = *std::move(page);
  } else {
    *answer.mutable_request_refused()->mutable_error() = ToWire(page.error());
  }
  return answer;
}

bool LogDesk::Admit(Source& source, std::size_t bytes, Time now) const {
  const std::chrono::duration<double> passed = now - source.allowed_at;
  source.allowed_at = now;
  source.allowance = std::min(kBytesAtOnce, source.allowance + passed.count() * kBytesPerSecond);
  const auto size = static_cast<double>(bytes);
  if (size > source.allowance) {
    return false;
  }
  source.allowance -= size;
  return true;
}

void LogDesk::KeepGap(const WorkerId& worker, std::uint64_t count) {
  keeper_.KeepRecord({.unix_ms = NowUnixMs(),
                      .level = LogLevel::kWarning,
                      .fields = {.worker = worker.value},
                      .message = std::to_string(count) +
                                 " records of this worker are missing here; its own log has them"});
}

void LogDesk::Keep(const WorkerId& worker, const v1::LogRecord& record) {
  LogEntry entry = FromWire(record);
  entry.fields.worker = worker.value;
  entry.message = FirstBytes(entry.message, kMessageBytesMax);
  if (farm_.State().jobs.Find({entry.fields.job}) == nullptr) {
    entry.fields.job.clear();  // The name of a folder must be one of ours.
  }
  keeper_.KeepRecord(entry);
}

}  // namespace weft::coordinator
