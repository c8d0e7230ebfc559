#include "coordinator/cli/job_upload.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "common/storage/look_place.h"
#include "common/storage/object_place.h"
#include "common/storage/result_place.h"
#include "common/wire/job_objects.h"
#include "coordinator/cli/model_upload.h"
#include "coordinator/core/job_id.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

bool IsOwn(const std::string& file, const std::vector<std::string>& saved) {
  return !IsObjectUrl(file) && !ParseLookUrl(file).has_value() &&
         std::find(saved.begin(), saved.end(), file) == saved.end();
}

// The user of a job that is done; empty: it is not, or there is none.
Result<std::string> UserOfDone(const v1::SubmitJob& job, FleetClient& client) {
  v1::ToCoordinator question;
  question.mutable_show_job()->set_job(coordinator::JobIdOf(job.client_token()).value);
  const auto answer = client.Ask(question, v1::FromCoordinator::kJobDetails);
  if (!answer) {
    return answer.error().code() == ErrorCode::kNotFound ? Result<std::string>("")
                                                         : Failure(answer.error());
  }
  const v1::JobDetails& details = answer->job_details();
  return details.status().state() == v1::JOB_STATE_DONE ? details.terms().user() : "";
}

}  // namespace

Status CheckOwnFiles(const v1::JobSpec& spec, const std::vector<std::string>& saved) {
  for (const std::string* const file : FilesOf(spec)) {
    if (!IsOwn(*file, saved)) {
      continue;
    }
    std::error_code error;
    if (fs::is_directory(*file, error)) {
      return Failure(ErrorCode::kInvalidArgument,
                     *file + ": a folder cannot be handed in; put it where the workers see it");
    }
    if (!fs::is_regular_file(*file, error) || !std::ifstream(*file)) {
      return Failure(ErrorCode::kInvalidArgument, *file + ": no file here that can be read");
    }
  }
  return {};
}

std::vector<std::string> SavedLooks(const std::vector<v1::SubmitJob>& jobs) {
  std::vector<std::string> saved;
  for (const v1::SubmitJob& job : jobs) {
    if (!job.spec().save_look_path().empty()) {
      saved.push_back(job.spec().save_look_path());
    }
  }
  return saved;
}

Status KeepOutputs(std::vector<v1::SubmitJob>& jobs) {
  const std::vector<std::string> saved = SavedLooks(jobs);
  std::map<std::string, std::string> savers;  // Ids, by the file that anchors would have been in.
  for (v1::SubmitJob& job : jobs) {
    v1::JobSpec& spec = *job.mutable_spec();
    if (const auto saver = savers.find(spec.look_path()); saver != savers.end()) {
      spec.set_look_path(LookPlace{saver->second}.Url());
      job.mutable_terms()->add_after(saver->second);
    } else if (!IsObjectUrl(spec.output_path()) && !spec.look_path().empty() &&
               std::find(saved.begin(), saved.end(), spec.look_path()) != saved.end()) {
      return Failure(ErrorCode::kInvalidArgument,
                     job.terms().name() + ": anchors-from: the job that saves " + spec.look_path() +
                         " must stand before it, and its result be kept by the coordinator");
    }
    std::string& output = *spec.mutable_output_path();
    if (IsObjectUrl(output)) {
      continue;
    }
    const ResultPlace place{job.terms().user(), fs::path(output).filename().string()};
    WEFT_RETURN_IF_ERROR(ParseResultUrl(place.Url()));
    output = place.Url();
    if (!spec.save_look_path().empty()) {
      savers[spec.save_look_path()] = coordinator::JobIdOf(job.client_token()).value;
      spec.set_save_look_path(LookBeside(output));
    }
  }
  return {};
}

Status UploadFiles(std::vector<v1::SubmitJob>& jobs,
                   bool known,
                   bool models,
                   FleetClient& client,
                   Uploader& uploader) {
  const std::vector<std::string> saved = SavedLooks(jobs);
  for (v1::SubmitJob& job : jobs) {
    std::string done_user;
    if (known) {
      WEFT_ASSIGN_OR_RETURN(done_user, UserOfDone(job, client));
    }
    const auto hand_in = [&](const std::string& file) {
      return done_user.empty() ? uploader.HandIn(file, job.terms().user())
                               : uploader.NameOf(file, done_user);
    };
    for (std::string* const file : FilesOf(*job.mutable_spec())) {
      if (IsOwn(*file, saved)) {
        WEFT_ASSIGN_OR_RETURN(*file, hand_in(*file));
      }
    }
    if (models) {
      WEFT_RETURN_IF_ERROR(UploadModels(*job.mutable_spec(), hand_in));
    }
  }
  return {};
}

}  // namespace weft::cli
