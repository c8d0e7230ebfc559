// watch, fetch.

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include "common/bulk/remote_blob_store.h"
#include "common/log/log.h"
#include "common/storage/object_place.h"
#include "common/storage/result_place.h"
#include "common/storage/s3_access.h"
#include "common/storage/s3_options.h"
#include "common/storage/s3_store.h"
#include "common/storage/sha256_sum.h"
#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/job_watch.h"
#include "coordinator/cli/result_fetch.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

FleetCommand WatchCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command =
      AddFleetCommand(app,
                      {"watch", "Stay with a job until it has ended; its end is the exit code",
                       "  weft watch neon && weft fetch neon -o results\n"},
                      options);
  const auto job = std::make_shared<std::string>();
  command->add_option("JOB", *job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  return {command, [job, &options](const FleetSession& session) -> Result<ExitCode> {
            WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, session.client.FindJob(*job));
            const auto reporter = MakeReporter(options.json);
            return WatchToEnd(found.job(), session, *reporter);
          }};
}

// What is to become the file, until it is whole.
fs::path Unfinished(const fs::path& to) {
  return to.string() + ".part";
}

Status Copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, Unfinished(to), fs::copy_options::overwrite_existing, error);
  return error ? Status(Failure(ErrorCode::kPermissionDenied, "cannot copy " + from.string() +
                                                                  " to " + to.string() + ": " +
                                                                  error.message()))
               : Status();
}

bool HasSize(const fs::path& file, std::uint64_t bytes) {
  std::error_code error;
  return fs::file_size(file, error) == bytes && !error;
}

// replaces: also what is another file, which is not downloaded else.
Status Download(const std::string& url,
                const S3Options& options,
                const fs::path& to,
                bool replaces) {
  WEFT_ASSIGN_OR_RETURN(const ObjectPlace place, ParseObjectUrl(url));
  WEFT_ASSIGN_OR_RETURN(S3Access access, ResolveS3(options, ProcessEnvironment()));
  S3Store store(std::move(access));
  WEFT_ASSIGN_OR_RETURN(const ObjectVersion version, store.Look(place, {}));
  std::error_code error;
  if (!replaces && fs::exists(to, error) && !HasSize(to, version.size_bytes)) {
    return Failure(IsTaken(to.string()));
  }
  fs::remove(Unfinished(to), error);  // Of another version, perhaps.
  return store.Read(place, version, Unfinished(to).string(), {});
}

bool HasSameBytes(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::file_size(a, error) != fs::file_size(b, error) || error) {
    return false;
  }
  const auto sum = Sha256OfFile(a.string());
  const auto other = Sha256OfFile(b.string());
  return sum && other && *sum == *other;
}

// Never half a file under its name, nor in place of what is another file.
Status PutInPlace(const fs::path& to, bool replaces) {
  std::error_code error;
  if (!replaces && fs::exists(to, error) && !HasSameBytes(Unfinished(to), to)) {
    return Failure(IsTaken(to.string()));
  }
  fs::rename(Unfinished(to), to, error);
  return error ? Status(Failure(ErrorCode::kPermissionDenied,
                                "cannot write " + to.string() + ": " + error.message()))
               : Status();
}

struct FetchWanted {
  std::string job;
  std::string folder = ".";
  bool replaces = false;
  S3Options s3;
};

// The video's path here.
Result<std::string> FetchKept(const v1::JobSummary& job,
                              const FetchWanted& wanted,
                              const FleetSession& session) {
  v1::ToCoordinator question;
  question.mutable_show_job()->set_job(job.job());
  WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                        session.client.Ask(question, v1::FromCoordinator::kJobDetails));
  const v1::KeptResult& result = answer.job_details().result();
  if (!result.has_index()) {
    return Failure(ErrorCode::kNotFound, "the result of " + job.job() + " was kept until " +
                                             TimeStamp(result.kept_until_unix_ms()) +
                                             ": hand the job in again");
  }
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> bulk, session.connect(result.bulk_address()));
  RemoteBlobStore blobs(std::move(bulk));
  return FetchResult(
      result.index(), blobs, wanted.folder,
      {.replaces = wanted.replaces, .is_stopped = [&] { return session.signals.Caught(); }});
}

Result<std::string> FetchFile(const v1::JobSummary& job, const FetchWanted& wanted) {
  const std::string& output = job.output_path();
  const fs::path to = fs::path(wanted.folder) / fs::path(output).filename();
  std::error_code error;
  const bool is_object = IsObjectUrl(output);
  if (!is_object && !fs::is_regular_file(output, error)) {
    return Failure(ErrorCode::kNotFound,
                   "its result, " + output + ", cannot be seen from this machine");
  }
  Status fetched = is_object ? Download(output, wanted.s3, to, wanted.replaces) : Copy(output, to);
  if (fetched) {
    fetched = PutInPlace(to, wanted.replaces);
  }
  if (!fetched) {
    fs::remove(Unfinished(to), error);
    return Failure(fetched.error());
  }
  return to.string();
}

Result<ExitCode> Fetch(const FetchWanted& wanted, bool json, const FleetSession& session) {
  WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, session.client.FindJob(wanted.job));
  if (found.state() != v1::JOB_STATE_DONE) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "job " + found.job() + " is " + coordinator::JobStateName(found.state()) +
                       ": there is nothing to fetch yet; weft watch " + found.job() +
                       " waits for it");
  }
  std::error_code error;
  fs::create_directories(wanted.folder, error);
  const Result<std::string> fetched = IsResultUrl(found.output_path())
                                          ? FetchKept(found, wanted, session)
                                          : FetchFile(found, wanted);
  if (!fetched && fetched.error().code() == ErrorCode::kCancelled) {
    std::cerr << "weft: " << fetched.error().message() << std::endl;
    return ExitCode::kInterrupted;
  }
  WEFT_RETURN_IF_ERROR(fetched);
  std::cout << (json ? coordinator::Dump({{"job", found.job()}, {"file", *fetched}}) : *fetched)
            << std::endl;
  return ExitCode::kDone;
}

FleetCommand FetchCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app, {"fetch", "Copy a finished job's result", "  weft fetch neon -o results\n"}, options);
  const auto wanted = std::make_shared<FetchWanted>();
  command->add_option("JOB", wanted->job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  command->add_option("-o,--output", wanted->folder, "Folder [.]")->type_name("DIR");
  command->add_flag("--replace", wanted->replaces,
                    "Also in place of another file that has the result's name");
  AddS3Options(*command, wanted->s3);
  return {command, [wanted, &options](const FleetSession& session) {
            return Fetch(*wanted, options.json, session);
          }};
}

}  // namespace

FleetCommands AddWatchCommands(CLI::App& app, FleetOptions& options) {
  return {WatchCommand(app, options), FetchCommand(app, options)};
}

}  // namespace weft::cli
