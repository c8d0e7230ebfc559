#include "worker/runner/log_courier.h"

#include <algorithm>
#include <utility>

#include "common/utf8.h"
#include "common/wire/log_wire.h"

namespace weft::worker {
namespace {

constexpr std::size_t kMessageBytesMax = 192 << 10;

}  // namespace

void LogCourier::Take(const LogEntry& entry) {
  v1::LogRecord record = ToWire(entry);
  record.clear_worker();  // The coordinator knows.
  constexpr std::size_t kRecordBytesMax = 16 << 10;
  record.mutable_message()->resize(FirstBytes(record.message(), kRecordBytesMax).size());
  const std::lock_guard lock(mutex_);
  bytes_ += record.ByteSizeLong();
  waiting_.push_back(std::move(record));
  while (bytes_ > bytes_max_) {
    Drop();
  }
}

std::optional<v1::LogRecords> LogCourier::Next() const {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    return std::nullopt;
  }
  v1::LogRecords records;
  records.set_first(first_);
  std::size_t bytes = 0;
  for (const v1::LogRecord& record : waiting_) {
    bytes += record.ByteSizeLong();
    if (bytes > kMessageBytesMax) {
      break;
    }
    *records.add_records() = record;
  }
  return records;
}

void LogCourier::Forget(const v1::LogRecords& sent) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t end = sent.first() + static_cast<std::uint64_t>(sent.records_size());
  while (!waiting_.empty() && first_ < end) {
    Drop();
  }
}

void LogCourier::Drop() {
  bytes_ -= waiting_.front().ByteSizeLong();
  waiting_.pop_front();
  ++first_;
}

}  // namespace weft::worker
