#include "coordinator/core/record.h"

#include <utility>

#include "common/wire/ids_wire.h"

namespace weft::coordinator {
namespace {

// Fixed width, so that keys sort as numbers do.
void AppendDigits(std::uint32_t number, std::string& key) {
  constexpr std::size_t kWidth = 10;
  key.append(kWidth, '0');
  for (std::size_t at = key.size(); number > 0; number /= 10) {
    key[--at] = static_cast<char>('0' + number % 10);
  }
}

std::string KeyOf(const v1::TaskId& task) {
  constexpr std::size_t kKeyBytes = 64;  // Of most.
  std::string key;
  key.reserve(kKeyBytes);
  key.append("task/").append(task.job()).append("/").append(std::to_string(task.stage()));
  for (const std::uint32_t number : {task.round(), task.chunk()}) {
    key += '/';
    AppendDigits(number, key);
  }
  return key;
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

Record ToRecord(v1::ForgottenJob job) {
  Record record{"job/" + job.job(), Versioned()};
  *record.value.mutable_forgotten() = std::move(job);
  return record;
}

Record ToRecord(v1::TaskRecord task) {
  Record record{KeyOf(task.task()), Versioned()};
  *record.value.mutable_task() = std::move(task);
  return record;
}

Record RecordOf(const TaskId& task) {
  Record record{"", Versioned()};
  v1::TaskId& id = *record.value.mutable_task()->mutable_task();
  ToWire(task, id);
  record.key = KeyOf(id);
  return record;
}

Record Erased(const TaskId& task) {
  return {KeyOf(ToWire(task)), {}, true};
}

Record Erased(const JobId& job) {
  return {"job/" + job.value, {}, true};
}

Record ToRecord(v1::WorkerRecord worker) {
  Record record{"worker/" + worker.worker(), Versioned()};
  *record.value.mutable_worker() = std::move(worker);
  return record;
}

}  // namespace weft::coordinator
