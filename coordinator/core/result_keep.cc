#include "coordinator/core/result_keep.h"

#include <cstdint>

#include "common/storage/result_place.h"
#include "common/wire/job_objects.h"

namespace weft::coordinator {
namespace {

std::uint64_t EndOf(const Job& job, const Floor& floor) {
  if (job.result_dropped_unix_ms != 0) {
    return job.result_dropped_unix_ms;
  }
  return job.ended_unix_ms + static_cast<std::uint64_t>(floor.options.result_keep.count());
}

bool IsOfResult(const Job& job) {
  return job.state == JobState::kDone && KeepsResult(job.spec);
}

// Null: the ledger does not know it.
const Task* Writer(const Job& job, const Floor& floor) {
  return floor.tasks.Find({job.id, Stage::kAssemble, 0, 0});
}

std::uint64_t BytesOf(const Task& writer) {
  std::uint64_t bytes = 0;
  for (const auto& [name, blob] : writer.outputs) {
    bytes += blob.size_bytes();
  }
  return bytes;
}

std::string Gibibytes(std::uint64_t bytes) {
  constexpr std::uint64_t kTenth = (std::uint64_t{1} << 30) / 10;
  const std::uint64_t tenths = (bytes + kTenth - 1) / kTenth;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

}  // namespace

Status CheckIsOfResult(const Job& job) {
  if (!KeepsResult(job.spec)) {
    return Failure(ErrorCode::kFailedPrecondition, "the coordinator keeps no result of job " +
                                                       job.id.value + ": it writes to " +
                                                       job.spec.output_path());
  }
  if (job.state != JobState::kDone) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "job " + job.id.value +
                       (IsOpen(job.state) ? " has not ended" : " was not done") +
                       ": it has no result");
  }
  return {};
}

bool HasResult(const Job& job, const Floor& floor) {
  return IsOfResult(job) && job.result_dropped_unix_ms == 0 && floor.UnixMs() < EndOf(job, floor);
}

std::optional<v1::KeptResult> ResultOf(const Job& job, const Floor& floor) {
  const auto place = ParseResultUrl(job.spec.output_path());
  const Task* const writer = Writer(job, floor);
  if (!place || !IsOfResult(job) || writer == nullptr) {
    return std::nullopt;
  }
  v1::KeptResult result;
  result.set_kept_until_unix_ms(EndOf(job, floor));
  const auto index = writer->outputs.find(place->IndexName());
  if (HasResult(job, floor) && index != writer->outputs.end()) {
    *result.mutable_index() = index->second;
    result.set_bulk_address(floor.options.bulk_address);
  }
  return result;
}

void CountResult(const Job& job, Floor& floor) {
  const Task* const writer = HasResult(job, floor) ? Writer(job, floor) : nullptr;
  if (writer != nullptr) {
    floor.results.Add(job.terms.user(), job.id, BytesOf(*writer), EndOf(job, floor));
  }
}

Status CheckResultRoom(const v1::JobSpec& spec, const std::string& user, const Floor& floor) {
  if (!KeepsResult(spec)) {
    return {};
  }
  const auto [bytes, first_end] = floor.results.Of(user, floor.UnixMs());
  if (bytes < floor.options.result_bytes_max) {
    return {};
  }
  const std::uint64_t minutes = (first_end - floor.UnixMs() + 59'999) / 60'000;
  return Failure(ErrorCode::kResourceExhausted,
                 "results of '" + user + "' that are kept here have " + Gibibytes(bytes) +
                     ", and all of a user may have " + Gibibytes(floor.options.result_bytes_max) +
                     " (result-user-gb): the first of them goes in " + std::to_string(minutes) +
                     " minutes, weft drop JOB drops one at once, or let the job write to storage "
                     "that workers see");
}

}  // namespace weft::coordinator
