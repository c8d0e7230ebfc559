#include "coordinator/core/result_keep.h"

#include <algorithm>
#include <limits>

#include "common/storage/result_place.h"
#include "common/wire/job_objects.h"

namespace weft::coordinator {
namespace {

std::uint64_t EndOf(const Job& job, const Floor& floor) {
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

bool HasResult(const Job& job, const Floor& floor) {
  return IsOfResult(job) && floor.UnixMs() < EndOf(job, floor);
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

std::vector<const Job*> ResultsPastSince(std::uint64_t unix_ms, const Floor& floor) {
  std::vector<const Job*> past;
  for (const auto& [id, job] : floor.jobs.All()) {
    if (IsOfResult(job) && EndOf(job, floor) > unix_ms && !HasResult(job, floor)) {
      past.push_back(&job);
    }
  }
  return past;
}

Status CheckResultRoom(const v1::JobSpec& spec, const std::string& user, const Floor& floor) {
  if (!KeepsResult(spec)) {
    return {};
  }
  std::uint64_t bytes = 0;
  std::uint64_t first_end = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [id, job] : floor.jobs.All()) {
    const Task* const writer =
        job.terms.user() == user && HasResult(job, floor) ? Writer(job, floor) : nullptr;
    if (writer != nullptr) {
      bytes += BytesOf(*writer);
      first_end = std::min(first_end, EndOf(job, floor));
    }
  }
  if (bytes < floor.options.result_bytes_max) {
    return {};
  }
  const std::uint64_t minutes = (first_end - floor.UnixMs() + 59'999) / 60'000;
  return Failure(ErrorCode::kResourceExhausted,
                 "results of '" + user + "' that are kept here have " + Gibibytes(bytes) +
                     ", and all of a user may have " + Gibibytes(floor.options.result_bytes_max) +
                     " (result-user-gb): the first of them goes in " + std::to_string(minutes) +
                     " minutes, or let the job write to storage that workers see");
}

}  // namespace weft::coordinator
