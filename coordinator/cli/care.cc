#include "coordinator/cli/care.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>

#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "common/result.h"
#include "common/transport/curve_keys.h"
#include "coordinator/ledger/rocks_records.h"
#include "coordinator/ledger/state_backup.h"
#include "coordinator/ledger/state_check.h"

namespace weft::cli {
namespace {

struct Wanted {
  std::string key_file;
  std::string state;
  std::string copy;
  bool repair = false;
};

void AddKeys(CLI::App& app, Wanted& wanted) {
  CLI::App* const keys = app.add_subcommand(
      "keys", "Make keys for a coordinator, a worker or a user on another machine");
  keys->add_option("FILE", wanted.key_file, "for both halves; the public one also in FILE.pub")
      ->type_name("")
      ->required();
  keys->footer(
      "FILE stays on its machine, readable by its owner alone. The coordinator is started with\n"
      "--keys FILE and --guests FOLDER, which holds the .pub files of all who may connect; they\n"
      "with --keys FILE and --server-key, the coordinator's .pub file.\n");
}

Result<ExitCode> MakeKeys(const std::string& file) {
  WEFT_ASSIGN_OR_RETURN(const CurveKeys keys, MakeCurveKeys());
  WEFT_RETURN_IF_ERROR(WriteCurveKeys(file, keys));
  std::cout << "wrote " << file << " and " << file << ".pub\n" << std::flush;
  return ExitCode::kDone;
}

Status RequireFolder(const std::string& folder) {
  std::error_code failure;
  return std::filesystem::is_directory(folder, failure)
             ? Status()
             : Failure(ErrorCode::kNotFound, folder + ": there is no such folder");
}

// What was found, and the exit status that says so.
ExitCode Tell(const coordinator::StateCheck& check, bool repaired) {
  bool all_right = true;
  for (const coordinator::Defect& defect : check.defects) {
    const bool is_put_right = repaired && !defect.remedy.empty();
    all_right = all_right && is_put_right;
    std::cout << defect.place << ": " << defect.what;
    if (!defect.remedy.empty()) {
      std::cout << (repaired ? "; put right: " : "; with --repair ") << defect.remedy;
    }
    std::cout << "\n";
  }
  std::cout << check.job_count << " jobs, " << check.record_count << " records, "
            << check.blob_count << " blobs read, " << check.orphan_count
            << " blobs of attempts that came to nothing, " << check.defects.size() << " defects"
            << std::endl;
  return all_right ? ExitCode::kDone : ExitCode::kFailed;
}

CLI::App* AddFsck(CLI::App& app, Wanted& wanted) {
  CLI::App* const fsck = app.add_subcommand(
      "fsck", "Check what a coordinator that does not run has stored: records, blobs, checksums");
  fsck->add_option("STATE", wanted.state, "its state folder")->type_name("")->required();
  fsck->add_flag("--repair", wanted.repair, "run again the tasks whose outputs are damaged");
  fsck->footer("Exit status: 0 nothing is wrong or all was put right, 1 something is wrong.\n");
  return fsck;
}

CLI::App* AddBackup(CLI::App& app, Wanted& wanted) {
  CLI::App* const backup = app.add_subcommand(
      "backup",
      "Copy a coordinator's state while it runs; start another on the copy to restore it");
  backup->add_option("STATE", wanted.state, "its state folder")->type_name("")->required();
  backup->add_option("COPY", wanted.copy, "a folder that is new or empty")
      ->type_name("")
      ->required();
  return backup;
}

Result<ExitCode> Check(const std::string& state, bool repair) {
  using coordinator::RocksRecords;
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
  std::vector<coordinator::RawRecord> records;
  WEFT_RETURN_IF_ERROR(
      (*ledger)->ForEach([&](std::string_view key, std::string_view bytes) -> Status {
        records.push_back({std::string(key), std::string(bytes)});
        return {};
      }));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BlobStore> rocks, OpenRocksBlobStore(state + "/blobs"));
  ChecksummedBlobStore blobs(std::move(rocks));
  WEFT_ASSIGN_OR_RETURN(const coordinator::StateCheck check,
                        coordinator::CheckState(records, blobs));
  if (repair) {
    WEFT_RETURN_IF_ERROR(coordinator::Repair(check, **ledger, blobs));
  }
  return Tell(check, repair);
}

Result<ExitCode> BackUp(const std::string& state, const std::string& copy) {
  WEFT_RETURN_IF_ERROR(RequireFolder(state + "/ledger"));
  WEFT_ASSIGN_OR_RETURN(const coordinator::BackupFigures figures, coordinator::BackUp(state, copy));
  std::cout << "copied " << figures.record_count << " records and " << figures.blob_count
            << " blobs";
  if (figures.blobs_missing > 0) {
    std::cout << "; " << figures.blobs_missing
              << " that tasks have brought are dropped by now, or cannot be read: weft fsck "
              << copy << " says whether any is needed";
  }
  std::cout << std::endl;
  return ExitCode::kDone;
}

ExitCode Report(const Result<ExitCode>& code) {
  if (code) {
    return *code;
  }
  std::cerr << "weft: " << code.error().message() << std::endl;
  return ExitCodeFor(code.error().code());
}

}  // namespace

std::optional<ExitCode> Care(const std::vector<std::string>& arguments) {
  CLI::App app("", "weft");
  Wanted wanted;
  AddKeys(app, wanted);
  const CLI::App* const fsck = AddFsck(app, wanted);
  const CLI::App* const backup = AddBackup(app, wanted);
  const auto is_asked_for = [&](const CLI::App* command) {
    return !arguments.empty() && command->get_name() == arguments.front();
  };
  if (app.get_subcommands(is_asked_for).empty()) {
    return std::nullopt;
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // As CLI11 wants.
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kDone : ExitCode::kUsage;
  }
  if (fsck->parsed()) {
    return Report(Check(wanted.state, wanted.repair));
  }
  return Report(backup->parsed() ? BackUp(wanted.state, wanted.copy) : MakeKeys(wanted.key_file));
}

std::vector<CommandShape> CareShapes() {
  CLI::App app("", "weft");
  Wanted wanted;
  AddKeys(app, wanted);
  AddFsck(app, wanted);
  AddBackup(app, wanted);
  return ShapesOf(app);
}

std::string CareHelp() {
  return "  weft keys FILE             # makes keys for another machine\n"
         "  weft fsck STATE            # checks what a coordinator stored; --repair\n"
         "  weft backup STATE COPY     # copies it, also while the coordinator runs\n"
         "  weft completion SHELL      # what bash or zsh reads to complete all of this";
}

}  // namespace weft::cli
