#include "coordinator/core/permission.h"

#include <utility>

#include "common/storage/look_place.h"
#include "common/storage/result_place.h"

namespace weft::coordinator {
namespace {

using Message = v1::ToCoordinator;

// The job that is to be changed; null where none is.
const std::string* JobToChange(const Message& message) {
  switch (message.body_case()) {
    case Message::kCancelJob:
      return &message.cancel_job().job();
    case Message::kPauseJob:
      return &message.pause_job().job();
    case Message::kResumeJob:
      return &message.resume_job().job();
    case Message::kRetryJob:
      return &message.retry_job().job();
    case Message::kPrioritizeJob:
      return &message.prioritize_job().job();
    case Message::kDropResult:
      return &message.drop_result().job();
    case Message::kForgetJob:
      return &message.forget_job().job();
    default:
      return nullptr;
  }
}

bool ChangesTheFarm(const Message& message) {
  return message.has_drain_worker() || message.has_care_for_state();
}

std::string Of(const Guest& guest, const char* what) {
  return "the key of " + guest.name + " is one to " + what;
}

std::optional<std::string> ObjectToSubmitter(const Guest& guest,
                                             const Message& message,
                                             const JobTable& jobs) {
  if (ChangesTheFarm(message)) {
    return Of(guest, "submit jobs with; this takes one to operate the farm");
  }
  const std::string* const id = JobToChange(message);
  const Job* const job = id == nullptr ? nullptr : jobs.Find({*id});
  if (job != nullptr && job->terms.user() != guest.name) {
    return Of(guest, "submit jobs with, and job ") + job->id.value + " is that of '" +
           job->terms.user() + "'";
  }
  return std::nullopt;
}

}  // namespace

bool IsOfWorkers(const Message& message) {
  switch (message.body_case()) {
    case Message::kWorkerHello:
    case Message::kWorkerHeartbeat:
    case Message::kTaskCompleted:
    case Message::kTaskFailed:
    case Message::kWorkerGoodbye:
    case Message::kLogRecords:
      return true;
    default:
      return false;
  }
}

std::optional<std::string> FindObjection(const Guest& guest,
                                         const Message& message,
                                         const JobTable& jobs) {
  const bool is_known = message.body_case() != Message::BODY_NOT_SET;
  if (guest.role == Role::kEverything || !is_known) {
    return std::nullopt;
  }
  if (guest.role == Role::kWorker) {
    return IsOfWorkers(message) ? std::nullopt
                                : std::optional(Of(guest, "work with, and commands nothing"));
  }
  if (IsOfWorkers(message)) {
    return Of(guest, guest.role == Role::kSubmit ? "submit jobs with, and does not work"
                                                 : "operate the farm with, and does not work");
  }
  return guest.role == Role::kSubmit ? ObjectToSubmitter(guest, message, jobs) : std::nullopt;
}

void Sign(const Guest& guest, Message& message) {
  if (guest.role == Role::kSubmit && message.has_submit_job()) {
    v1::SubmitJob& job = *message.mutable_submit_job();
    job.mutable_terms()->set_user(guest.name);
    if (auto result = ParseResultUrl(job.spec().output_path()); result) {
      result->owner = guest.name;
      job.mutable_spec()->set_output_path(result->Url());
      if (IsResultUrl(job.spec().save_look_path())) {
        job.mutable_spec()->set_save_look_path(LookBeside(result->Url()));
      }
    }
  }
  if (guest.role == Role::kSubmit && message.has_offer_file()) {
    message.mutable_offer_file()->set_user(guest.name);
  }
}

}  // namespace weft::coordinator
