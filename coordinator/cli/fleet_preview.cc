// preview.

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include "common/bulk/remote_blob_store.h"
#include "common/storage/s3_access.h"
#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/preview.h"
#include "coordinator/view/view_json.h"

namespace weft::cli {
namespace {

struct PreviewWanted {
  std::string what;  // A job, or a state folder.
  std::string job;   // Of a state folder.
  std::string output;
  bool json = false;
};

Result<ExitCode> Say(const Result<std::string>& words, const PreviewWanted& wanted) {
  if (!words) {
    return Failure(words.error());
  }
  std::cout << (wanted.json ? coordinator::Dump({{"file", wanted.output}}) : *words) << std::endl;
  return ExitCode::kDone;
}

bool IsState(const std::string& folder) {
  std::error_code failure;
  return std::filesystem::is_directory(folder + "/ledger", failure);
}

// A render's state, or a coordinator's, on this machine: nobody has to be asked. What is no state
// may be a job of a coordinator that is named.
Result<std::optional<ExitCode>> ShowOfState(const PreviewWanted& wanted, const FleetPlace& place) {
  if (IsState(wanted.what)) {
    WEFT_ASSIGN_OR_RETURN(const ExitCode code,
                          Say(WritePreviews({wanted.what, wanted.job, wanted.output}), wanted));
    return std::optional(code);
  }
  const Result<FleetPlace> complete = CompletePlace(place, ProcessEnvironment());
  if (!complete) {
    return Failure(complete.error().Within("there is no folder " + wanted.what +
                                           " with a job's state; if that is a job of a farm"));
  }
  return std::optional<ExitCode>();
}

Result<Previews> Fetch(const std::string& job, const SheetPlan& plan, const FleetSession& session) {
  v1::ToCoordinator question;
  v1::ShowPreviews& show = *question.mutable_show_previews();
  show.set_job(job);
  show.mutable_rounds()->Assign(plan.rounds.begin(), plan.rounds.end());
  show.mutable_chunks()->Assign(plan.chunks.begin(), plan.chunks.end());
  WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                        session.client.Ask(question, v1::FromCoordinator::kPreviewList));
  const v1::PreviewList& list = answer.preview_list();
  Previews previews;
  if (list.previews().empty()) {
    return previews;
  }
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> bulk, session.connect(list.bulk_address()));
  RemoteBlobStore blobs(std::move(bulk));
  for (const v1::Preview& preview : list.previews()) {
    AddPreview(preview.round(), preview.chunk(), preview.blob().key(), blobs, previews);
  }
  return previews;
}

Result<v1::JobSummary> FindJob(const std::string& what, FleetClient& client) {
  Result<v1::JobSummary> found = client.FindJob(what);
  if (!found && found.error().code() == ErrorCode::kNotFound) {
    return Failure(ErrorCode::kNotFound,
                   found.error().message() + ", nor a folder of that name with a job's state");
  }
  return found;
}

Result<ExitCode> ShowOfJob(const PreviewWanted& wanted, const FleetSession& session) {
  WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, FindJob(wanted.what, session.client));
  if (found.state() == v1::JOB_STATE_DONE) {
    return Failure(ErrorCode::kNotFound, found.job() + " is done: its previews are gone, and the " +
                                             "result is there; see weft show or weft fetch");
  }
  v1::ToCoordinator question;
  question.mutable_show_job()->set_job(found.job());
  WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                        session.client.Ask(question, v1::FromCoordinator::kJobDetails));
  const v1::JobDetails& job = answer.job_details();
  const auto clip = job.has_clip() ? std::optional(job.clip()) : std::nullopt;
  return Say(WriteSheet(job.spec(), clip, wanted.output,
                        [&](const SheetPlan& plan) { return Fetch(found.job(), plan, session); }),
             wanted);
}

}  // namespace

FleetCommands AddPreviewCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"preview", "Show in a picture how a render looks by now",
       "  weft preview neon -o sheet.png\n"
       "  weft preview out.mp4.weft -o sheet.png      # of a render on this machine\n"
       "Rounds stand below each other, the chunks' first frames side by side. The pictures are\n"
       "made of the latents alone: small, and only nearly of the right colours.\n"},
      options);
  const auto wanted = std::make_shared<PreviewWanted>();
  command
      ->add_option("JOB", wanted->what,
                   "Its id, the beginning of it, or its name; or a state folder, such as "
                   "OUTPUT.weft")
      ->type_name("")
      ->required();
  command->add_option("-o,--output", wanted->output, "The .png file to write")
      ->type_name("FILE")
      ->required()
      ->check([](const std::string& file) {
        return std::filesystem::path(file).extension() == ".png"
                   ? std::string()
                   : "the sheet is a PNG: name it .png, not " + file;
      });
  command->add_option("--job", wanted->job, "Of a state folder [its last job]")->type_name("ID");
  return {{command, [wanted](const FleetSession& session) { return ShowOfJob(*wanted, session); },
           [wanted, &options] {
             wanted->json = options.json;
             return ShowOfState(*wanted, options.place);
           }}};
}

}  // namespace weft::cli
