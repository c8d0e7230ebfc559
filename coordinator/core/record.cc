#include "coordinator/core/record.h"

#include <utility>

namespace weft::coordinator {
namespace {

// Fixed width, so that keys sort as numbers do.
std::string Digits(std::uint32_t number) {
  constexpr std::size_t kWidth = 10;
  const std::string digits = std::to_string(number);
  return std::string(kWidth - digits.size(), '0') + digits;
}

v1::LedgerRecord Versioned() {
  v1::LedgerRecord record;
  record.set_version(kRecordVersion);
  return record;
}

}  // namespace

Record ToRecord(v1::EpochRecord epoch) {
  Record record{"epoch", Versioned()};
  *record.value.mutable_epoch() = std::move(epoch);
  return record;
}

Record ToRecord(v1::JobRecord job) {
  Record record{"job/" + job.job(), Versioned()};
  *record.value.mutable_job() = std::move(job);
  return record;
}

Record ToRecord(v1::TaskRecord task) {
  const v1::TaskId& id = task.task();
  const std::string key = "task/" + id.job() + "/" + std::to_string(id.stage()) + "/" +
                          Digits(id.round()) + "/" + Digits(id.chunk());
  Record record{key, Versioned()};
  *record.value.mutable_task() = std::move(task);
  return record;
}

Record ToRecord(v1::WorkerRecord worker) {
  Record record{"worker/" + worker.worker(), Versioned()};
  *record.value.mutable_worker() = std::move(worker);
  return record;
}

}  // namespace weft::coordinator
