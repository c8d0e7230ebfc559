// A worker's log records on their way to the coordinator: kept until they can be sent, as far as
// there is room.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "common/log/log.h"
#include "weft/v1/log.pb.h"

namespace weft::worker {

// Any thread.
class LogCourier {
 public:
  // bytes_max: what may wait. The oldest records give way.
  explicit LogCourier(std::size_t bytes_max = 1 << 20) : bytes_max_(bytes_max) {}

  void Take(const LogEntry& entry);

  // The oldest records that wait, as many as a message may hold; nothing when none wait.
  [[nodiscard]] std::optional<v1::LogRecords> Next() const;

  // They were sent.
  void Forget(const v1::LogRecords& sent);

 private:
  void Drop();

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::deque<v1::LogRecord> waiting_;
  std::size_t bytes_ = 0;
  std::uint64_t first_ = 0;  // The number of the oldest that waits.
};

}  // namespace weft::worker
