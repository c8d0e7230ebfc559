#include "coordinator/cli/preview.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "common/whole_file.h"
#include "coordinator/core/chunk_plan.h"
#include "coordinator/ledger/record_bytes.h"
#include "coordinator/ledger/rocks_records.h"
#include "worker/frame/png.h"

namespace weft::cli {
namespace {

// Where a job's previews are stored, by round and chunk.
using Keys = std::map<std::pair<std::uint32_t, std::uint32_t>, std::string>;

struct LedgerView {
  std::optional<v1::JobRecord> job;  // The wanted one.
  std::map<std::string, Keys> keys;  // By job.
};

void TakeTask(const v1::TaskRecord& task, LedgerView& view) {
  if (task.task().stage() != v1::STAGE_DENOISE || task.state() != v1::TASK_STATE_DONE) {
    return;
  }
  for (const v1::Output& output : task.outputs()) {
    if (output.name() == coordinator::kPreview) {
      view.keys[task.task().job()][{task.task().round(), task.task().chunk()}] =
          output.blob().key();
    }
  }
}

Result<LedgerView> ReadLedger(const PreviewRequest& request) {
  const std::string folder = request.state + "/ledger";
  std::error_code failure;
  if (!std::filesystem::is_directory(folder, failure)) {
    return Failure(ErrorCode::kNotFound, folder + ": there is no such folder");
  }
  using coordinator::RocksRecords;
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<RocksRecords> ledger,
                        RocksRecords::Open(folder, RocksRecords::Mode::kLookAt));
  LedgerView view;
  WEFT_RETURN_IF_ERROR(ledger->ForEach([&](std::string_view key, std::string_view bytes) -> Status {
    WEFT_ASSIGN_OR_RETURN(const v1::LedgerRecord record, coordinator::FromBytes(key, bytes));
    const bool wanted = request.job.empty()
                            ? !view.job || record.job().sequence() > view.job->sequence()
                            : record.job().job() == request.job;
    if (record.has_job() && wanted) {
      view.job = record.job();
    }
    TakeTask(record.task(), view);
    return {};
  }));
  return view;
}

// Those of the plan that are stored.
Previews Fetch(const SheetPlan& plan, const Keys& keys, BlobStore& blobs) {
  Previews previews;
  for (const std::uint32_t round : plan.rounds) {
    for (const std::uint32_t chunk : plan.chunks) {
      const auto key = keys.find({round, chunk});
      if (key != keys.end()) {
        AddPreview(round, chunk, key->second, blobs, previews);
      }
    }
  }
  return previews;
}

std::string Numbers(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (const std::uint32_t number : numbers) {
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  }
  return text;
}

}  // namespace

Result<std::string> WritePreviews(const PreviewRequest& request) {
  WEFT_ASSIGN_OR_RETURN(LedgerView view, ReadLedger(request));
  if (!view.job) {
    return Failure(ErrorCode::kNotFound, request.state + ": holds no job" +
                                             (request.job.empty() ? "" : " " + request.job));
  }
  const v1::JobRecord& job = *view.job;
  const auto clip = job.has_clip() ? std::optional<v1::Clip>(job.clip()) : std::nullopt;
  return WriteSheet(
      job.spec(), clip, request.output, [&](const SheetPlan& plan) -> Result<Previews> {
        WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BlobStore> rocks,
                              OpenRocksBlobStore(request.state + "/blobs", {.look_only = true}));
        ChecksummedBlobStore blobs(std::move(rocks));
        return Fetch(plan, view.keys[job.job()], blobs);
      });
}

Result<std::string> WriteSheet(const v1::JobSpec& spec,
                               const std::optional<v1::Clip>& clip,
                               const std::string& output,
                               const FetchPreviews& fetch) {
  if (!spec.previews()) {
    return Failure(ErrorCode::kFailedPrecondition, "the job keeps no previews");
  }
  if (!clip.has_value()) {
    return Failure(ErrorCode::kFailedPrecondition, "the job has not begun to render");
  }
  WEFT_ASSIGN_OR_RETURN(const coordinator::JobPlan job, coordinator::PlanJob(spec, *clip));
  const SheetPlan plan = PlanSheet(static_cast<std::uint32_t>(job.rounds.size()),
                                   static_cast<std::uint32_t>(job.chunks.size()));
  WEFT_ASSIGN_OR_RETURN(const Previews previews, fetch(plan));
  if (previews.empty()) {
    return Failure(ErrorCode::kFailedPrecondition, "no picture of the job is stored at present");
  }
  WEFT_ASSIGN_OR_RETURN(const Frame sheet, ComposeSheet(plan, previews));
  WEFT_ASSIGN_OR_RETURN(const std::string png, EncodePng(sheet));
  WEFT_RETURN_IF_ERROR(WriteWholeFile(output, png));
  return output + ": rounds " + Numbers(plan.rounds) + " from top to bottom, chunks " +
         Numbers(plan.chunks) + " from left to right; " + std::to_string(previews.size()) + " of " +
         std::to_string(plan.rounds.size() * plan.chunks.size()) + " pictures are there";
}

void AddPreview(std::uint32_t round,
                std::uint32_t chunk,
                const std::string& key,
                BlobStore& blobs,
                Previews& previews) {
  const Result<std::string> blob = blobs.Get(key);
  Result<Frame> picture = blob ? ReadPreview(*blob) : Failure(blob.error());
  if (picture) {
    previews.emplace(std::pair(round, chunk), *std::move(picture));
  }
}

}  // namespace weft::cli
