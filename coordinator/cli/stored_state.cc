#include "coordinator/cli/stored_state.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "coordinator/ledger/rocks_records.h"
#include "coordinator/ledger/state_backup.h"
#include "coordinator/ledger/state_check.h"
#include "coordinator/view/view_json.h"

namespace weft::cli {
namespace {

using coordinator::RocksRecords;
using Json = nlohmann::ordered_json;

Status RequireFolder(const std::string& folder) {
  std::error_code failure;
  return std::filesystem::is_directory(folder, failure)
             ? Status()
             : Failure(ErrorCode::kNotFound, folder + ": there is no such folder");
}

v1::CareStatus StatusOf(const coordinator::StateCheck& check) {
  v1::CareStatus status;
  status.set_ended(true);
  status.set_records(check.record_count);
  status.set_jobs(check.job_count);
  status.set_blobs_read(check.blob_count);
  status.set_orphans(check.orphan_count);
  status.set_defect_count(check.defects.size());
  for (const coordinator::Defect& defect : check.defects) {
    v1::StoredDefect& told = *status.add_defects();
    told.set_place(defect.place);
    told.set_what(defect.what);
    told.set_remedy(defect.remedy);
  }
  return status;
}

Json ToJson(const v1::CareStatus& status) {
  Json defects = Json::array();
  for (const v1::StoredDefect& defect : status.defects()) {
    defects.push_back(
        {{"place", defect.place()}, {"what", defect.what()}, {"remedy", defect.remedy()}});
  }
  return {{"jobs", status.jobs()},
          {"records", status.records()},
          {"blobs_read", status.blobs_read()},
          {"orphans", status.orphans()},
          {"defect_count", status.defect_count()},
          {"defects", std::move(defects)}};
}

bool IsAllRight(const v1::CareStatus& status, bool repaired) {
  bool all_right = status.defect_count() == static_cast<std::uint64_t>(status.defects_size());
  for (const v1::StoredDefect& defect : status.defects()) {
    all_right = all_right && repaired && !defect.remedy().empty();
  }
  return all_right;
}

void SayDefects(const v1::CareStatus& status, bool repaired) {
  for (const v1::StoredDefect& defect : status.defects()) {
    std::cout << defect.place() << ": " << defect.what();
    if (!defect.remedy().empty()) {
      std::cout << (repaired ? "; put right: " : "; with --repair ") << defect.remedy();
    }
    std::cout << "\n";
  }
  const auto told = static_cast<std::uint64_t>(status.defects_size());
  if (status.defect_count() > told) {
    std::cout << "and " << status.defect_count() - told << " more like these\n";
  }
}

}  // namespace

Result<v1::CareStatus> CheckFolder(const std::string& state, bool repair) {
  const std::string folder = state + "/ledger";
  WEFT_RETURN_IF_ERROR(RequireFolder(folder));
  auto ledger = RocksRecords::Open(folder, RocksRecords::Mode::kOwn);
  if (!ledger && ledger.error().code() == ErrorCode::kDataLoss && repair) {
    std::cout << ledger.error().message() << ": what can be read of the log is kept\n";
    ledger = RocksRecords::Open(folder, RocksRecords::Mode::kSalvage);
  }
  if (!ledger) {
    return Failure(ledger.error());
  }
  WEFT_RETURN_IF_ERROR((*ledger)->VerifyFiles());
  WEFT_ASSIGN_OR_RETURN(const std::vector<coordinator::RawRecord> records, (*ledger)->ReadAll());
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BlobStore> rocks,
                        OpenRocksBlobStore(state + "/blobs", {.look_only = !repair}));
  ChecksummedBlobStore blobs(std::move(rocks));
  WEFT_ASSIGN_OR_RETURN(const coordinator::StateCheck check,
                        coordinator::CheckState(records, blobs));
  if (repair) {
    WEFT_RETURN_IF_ERROR(coordinator::Repair(check, **ledger, blobs));
  }
  return StatusOf(check);
}

Result<v1::CareStatus> CopyFolder(const std::string& state, const std::string& copy) {
  WEFT_RETURN_IF_ERROR(RequireFolder(state + "/ledger"));
  WEFT_ASSIGN_OR_RETURN(const coordinator::BackupFigures figures, coordinator::BackUp(state, copy));
  v1::CareStatus status;
  status.set_ended(true);
  status.set_records(figures.record_count);
  status.set_blobs_read(figures.blob_count + figures.blobs_missing);
  status.set_blobs_missing(figures.blobs_missing);
  return status;
}

ExitCode TellCheck(const v1::CareStatus& status, bool repaired, bool json) {
  if (json) {
    std::cout << coordinator::Dump(ToJson(status)) << std::endl;
  } else {
    SayDefects(status, repaired);
    std::cout << status.jobs() << " jobs, " << status.records() << " records, "
              << status.blobs_read() << " blobs read, " << status.orphans()
              << " blobs of attempts that run or came to nothing, " << status.defect_count()
              << " defects" << std::endl;
  }
  return IsAllRight(status, repaired) ? ExitCode::kDone : ExitCode::kFailed;
}

ExitCode TellCopy(const v1::CareStatus& status, const std::string& copy, bool json) {
  const std::uint64_t blobs = status.blobs_read() - status.blobs_missing();
  if (json) {
    std::cout << coordinator::Dump({{"copy", copy},
                                    {"records", status.records()},
                                    {"blobs", blobs},
                                    {"blobs_missing", status.blobs_missing()}})
              << std::endl;
    return ExitCode::kDone;
  }
  std::cout << "copied " << status.records() << " records and " << blobs << " blobs";
  if (status.blobs_missing() > 0) {
    std::cout << "; " << status.blobs_missing()
              << " that tasks have brought are dropped by now, or cannot be read: weft fsck "
              << copy << " says whether any is needed";
  }
  std::cout << std::endl;
  return ExitCode::kDone;
}

}  // namespace weft::cli
