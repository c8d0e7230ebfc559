#include "coordinator/core/client_desk.h"

#include <algorithm>
#include <utility>

#include "common/wire/error_wire.h"
#include "coordinator/core/job_status.h"

namespace weft::coordinator {
namespace {

void Refuse(const PeerId& peer, const Error& error, Effects& effects) {
  Message refusal{peer, {}};
  *refusal.body.mutable_request_refused()->mutable_error() = ToWire(error);
  effects.messages.push_back(std::move(refusal));
}

}  // namespace

void ClientDesk::Hear(const PeerId& from, const v1::SubmitJob& request, Effects& effects) {
  auto submitted = jobs_.Submit(request, effects);
  Message answer{from, {}};
  if (submitted) {
    *answer.body.mutable_job_submitted() = *std::move(submitted);
    answer.body.mutable_job_submitted()->set_client_token(request.client_token());
  } else {
    *answer.body.mutable_request_refused()->mutable_error() = ToWire(submitted.error().error);
    answer.body.mutable_request_refused()->set_kind(submitted.error().kind);
    answer.body.mutable_request_refused()->set_client_token(request.client_token());
  }
  effects.messages.push_back(std::move(answer));
}

void ClientDesk::Hear(const PeerId& from, const v1::WatchJob& request, Time now, Effects& effects) {
  const Job* job = floor_.jobs.Find({request.job()});
  if (job == nullptr) {
    Refuse(from, {ErrorCode::kNotFound, "no such job: " + request.job()}, effects);
    return;
  }
  Watch& watch = watches_[{from, job->id}];
  Tell(from, *job, watch, now, effects);
}

void ClientDesk::Hear(const PeerId& from,
                      const v1::PrioritizeJob& request,
                      Time now,
                      Effects& effects) {
  const JobId id{request.job()};
  Answer(from, id, jobs_.Prioritize(id, request.priority(), effects), now, effects);
}

void ClientDesk::Hear(const PeerId& from, const v1::ForgetJob& request, Effects& effects) {
  const JobId id{request.job()};
  // A job that has ended is watched by nobody: its last status, said behind the same event, ended
  // every watch.
  if (const Status forgotten = jobs_.Forget(id, effects); !forgotten) {
    Refuse(from, forgotten.error(), effects);
    return;
  }
  Message answer{from, {}};
  answer.body.mutable_job_forgotten()->set_job(id.value);
  effects.messages.push_back(std::move(answer));
}

void ClientDesk::Change(
    const PeerId& from, const std::string& job, JobChange change, Time now, Effects& effects) {
  const JobId id{job};
  Answer(from, id, (jobs_.*change)(id, effects), now, effects);
}

void ClientDesk::Answer(
    const PeerId& peer, const JobId& id, const Status& change, Time now, Effects& effects) {
  if (!change) {
    Refuse(peer, change.error(), effects);
    return;
  }
  Watch once;
  Tell(peer, *floor_.jobs.Find(id), once, now, effects);
}

void ClientDesk::Leave(const PeerId& peer) {
  const auto first = watches_.lower_bound({peer, JobId{}});
  const auto last = std::find_if(first, watches_.end(),
                                 [&](const auto& watch) { return watch.first.first != peer; });
  watches_.erase(first, last);
}

void ClientDesk::Report(Time now, Effects& effects) {
  for (auto it = watches_.begin(); it != watches_.end();) {
    const auto& [peer, id] = it->first;
    const Job& job = *floor_.jobs.Find(id);
    Watch& watch = it->second;
    const bool ended = !IsOpen(job.state);
    const bool knows_end = ended && watch.revision == job.news.Revision();
    if (!knows_end && Due(job, watch) <= now) {
      Tell(peer, job, watch, now, effects);
    }
    it = ended ? watches_.erase(it) : std::next(it);
  }
}

std::optional<Time> ClientDesk::NextReport() const {
  std::optional<Time> next;
  for (const auto& [key, watch] : watches_) {
    const Time due = Due(*floor_.jobs.Find(key.second), watch);
    next = next.has_value() ? std::min(*next, due) : due;
  }
  return next;
}

Time ClientDesk::Due(const Job& job, const Watch& watch) const {
  if (!IsOpen(job.state)) {
    return watch.told;
  }
  const bool moved = watch.revision != job.news.Revision();
  return watch.told + (moved ? floor_.options.status_pause : floor_.options.status_period);
}

void ClientDesk::Tell(
    const PeerId& peer, const Job& job, Watch& watch, Time now, Effects& effects) {
  Message message{peer, {}};
  v1::JobStatus& status = *message.body.mutable_job_status();
  status = StatusOf(job, floor_, now);
  for (const std::string& note : job.news.NotesSince(watch.notes_told)) {
    status.add_notes(note);
  }
  effects.messages.push_back(std::move(message));
  watch = {now, job.news.Revision(), job.news.NoteCount()};
}

}  // namespace weft::coordinator
