#include "coordinator/core/farm.h"

#include <algorithm>
#include <utility>

#include "common/wire/error_wire.h"
#include "coordinator/core/blob_need.h"
#include "coordinator/core/recovery.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {
namespace {

void RefuseUnknown(const PeerId& peer, Effects& effects) {
  Message refusal{peer, {}};
  *refusal.body.mutable_request_refused()->mutable_error() =
      ToWire(Error(ErrorCode::kUnsupported, "this coordinator does not know such a message"));
  effects.messages.push_back(std::move(refusal));
}

}  // namespace

Farm::Farm(FarmOptions options) : floor_(std::move(options)) {}

Result<Effects> Farm::Restore(const std::vector<Record>& records, Time now) {
  Effects effects;
  floor_.now = now;
  WEFT_RETURN_IF_ERROR(Recover(records, now, floor_, effects));
  attempts_.RunAgain(LackingOutputs(floor_), effects);
  return effects;
}

Effects Farm::Handle(const Event& event, Time now) {
  Effects effects;
  Handle(event, now, effects);
  return effects;
}

void Farm::Handle(const Event& event, Time now, Effects& effects) {
  floor_.now = now;
  Route(event, now, effects);
  if (std::holds_alternative<Tick>(event)) {
    // Not with what somebody says: what others have said by now may still wait to be heard.
    workers_.DropSilent(now, effects);
    attempts_.ExpireLeases(now, effects);
  }
  GoOn(now, effects);
}

void Farm::GoOn(Time now, Effects& effects) {
  floor_.tasks.Wake(now);
  attempts_.Forgive(now, effects);
  attempts_.StartReady(now, effects);
  clients_.Report(now, effects);
}

void Farm::Hold(const std::optional<std::string>& why, Time now, Effects& effects) {
  const bool changed = why.has_value() != floor_.held.has_value();
  floor_.held = why;
  if (!changed) {
    return;
  }
  const std::string text = why.has_value() ? "held back: " + *why : "goes on: there is room again";
  for (const auto& [id, job] : floor_.jobs.All()) {
    if (job.state == JobState::kRunning) {
      Tell(*floor_.jobs.Find(id), {.level = Note::Level::kWarning, .text = text}, effects);
    }
  }
  floor_.now = now;
  GoOn(now, effects);
}

std::set<TaskId> Farm::RunAgain(const std::vector<AttemptId>& damaged, Time now, Effects& effects) {
  floor_.now = now;
  std::set<TaskId> again = attempts_.RunAgain(damaged, effects);
  GoOn(now, effects);
  return again;
}

std::set<std::string> Farm::FindUnneeded(const std::vector<std::string>& keys) const {
  std::set<std::string> unneeded;
  for (const std::string& key : keys) {
    const auto attempt = AttemptOfKey(key);
    const auto output = [&] { return key.substr(OutputPrefix(*attempt).size()); };
    if (attempt.has_value() && !IsNeeded(*attempt, output(), floor_)) {
      unneeded.insert(key);
    }
  }
  return unneeded;
}

void Farm::DropPastResults(Time now, Effects& effects) {
  floor_.now = now;
  for (const JobId& job : floor_.results.TakePast(floor_.UnixMs())) {
    effects.drops.push_back(job.value + "/");
  }
}

void Farm::ForgetPastJobs(Time now, Effects& effects) {
  floor_.now = now;
  jobs_.ForgetPast(effects);
}

std::optional<Time> Farm::NextWakeup() const {
  std::optional<Time> next;
  for (const std::optional<Time>& due :
       {floor_.workers.NextSilence(), floor_.leases.NextExpiry(), floor_.elders.NextExpiry(),
        attempts_.NextStragglerLook(), floor_.tasks.NextWake(), floor_.conduct.NextForgiveness(),
        clients_.NextReport()}) {
    if (due.has_value()) {
      next = next.has_value() ? std::min(*next, *due) : due;
    }
  }
  return next;
}

void Farm::Route(const Event& event, Time now, Effects& effects) {
  if (const auto* arrived = std::get_if<MessageArrived>(&event)) {
    Route(*arrived, now, effects);
  } else if (const auto* gone = std::get_if<PeerGone>(&event)) {
    workers_.Leave(gone->peer, effects);
    clients_.Leave(gone->peer);
  }
}

void Farm::Route(const MessageArrived& arrived, Time now, Effects& effects) {
  const PeerId& from = arrived.from;
  const v1::ToCoordinator& message = arrived.message;
  switch (message.body_case()) {
    case v1::ToCoordinator::kWorkerHello:
      return workers_.Hear(from, message.worker_hello(), now, effects);
    case v1::ToCoordinator::kWorkerHeartbeat:
      return workers_.Hear(from, message.worker_heartbeat(), now, effects);
    case v1::ToCoordinator::kTaskCompleted:
      return workers_.Hear(from, message.task_completed(), arrived.lie, now, effects);
    case v1::ToCoordinator::kTaskFailed:
      return workers_.Hear(from, message.task_failed(), now, effects);
    case v1::ToCoordinator::kWorkerGoodbye:
      return workers_.Hear(from, message.worker_goodbye(), now, effects);
    case v1::ToCoordinator::kSubmitJob:
      return clients_.Hear(from, message.submit_job(), effects);
    case v1::ToCoordinator::kWatchJob:
      return clients_.Hear(from, message.watch_job(), now, effects);
    case v1::ToCoordinator::kCancelJob:
      return clients_.Change(from, message.cancel_job().job(), &JobLife::Cancel, now, effects);
    case v1::ToCoordinator::kPauseJob:
      return clients_.Change(from, message.pause_job().job(), &JobLife::Pause, now, effects);
    case v1::ToCoordinator::kResumeJob:
      return clients_.Change(from, message.resume_job().job(), &JobLife::Resume, now, effects);
    case v1::ToCoordinator::kRetryJob:
      return clients_.Change(from, message.retry_job().job(), &JobLife::Retry, now, effects);
    case v1::ToCoordinator::kDropResult:
      return clients_.Change(from, message.drop_result().job(), &JobLife::DropResult, now, effects);
    case v1::ToCoordinator::kForgetJob:
      return clients_.Hear(from, message.forget_job(), effects);
    case v1::ToCoordinator::kPrioritizeJob:
      return clients_.Hear(from, message.prioritize_job(), now, effects);
    case v1::ToCoordinator::kDrainWorker:
      return workers_.Hear(from, message.drain_worker(), effects);
    case v1::ToCoordinator::kListJobs:
      return views_.Hear(from, message.list_jobs(), now, effects);
    case v1::ToCoordinator::kShowJob:
      return views_.Hear(from, message.show_job(), now, effects);
    case v1::ToCoordinator::kListTasks:
      return views_.Hear(from, message.list_tasks(), effects);
    case v1::ToCoordinator::kListWorkers:
      return views_.Hear(from, message.list_workers(), now, effects);
    case v1::ToCoordinator::kShowFarm:
      return views_.Hear(from, message.show_farm(), effects);
    case v1::ToCoordinator::kShowPreviews:
      return views_.Hear(from, message.show_previews(), effects);
    case v1::ToCoordinator::kLogRecords:  // The server keeps logs and files; the core has none.
    case v1::ToCoordinator::kOfferFile:
    case v1::ToCoordinator::kReadLog:
    case v1::ToCoordinator::kCareForState:
    case v1::ToCoordinator::BODY_NOT_SET:
      return RefuseUnknown(from, effects);
  }
}

}  // namespace weft::coordinator
