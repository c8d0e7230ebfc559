#include "coordinator/core/view_desk.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/plan/statistics.h"
#include "common/utf8.h"
#include "common/wire/error_wire.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/farm_status.h"
#include "coordinator/core/job_status.h"
#include "coordinator/core/result_keep.h"

namespace weft::coordinator {
namespace {

// A page must stay well below the size of a control message.
constexpr std::uint32_t kPageUsual = 100;
constexpr std::uint32_t kJobsMax = 500;
constexpr std::uint32_t kRowsMax = 1000;
constexpr std::size_t kErrorBytesMax = 256;

std::uint32_t PageSize(std::uint32_t wanted, std::uint32_t most) {
  return wanted == 0 ? kPageUsual : std::min(wanted, most);
}

v1::FromCoordinator& Answer(const PeerId& to, Effects& effects) {
  effects.messages.push_back({to, {}});
  return effects.messages.back().body;
}

void RefuseUnknown(const PeerId& to, const std::string& job, Effects& effects) {
  *Answer(to, effects).mutable_request_refused()->mutable_error() =
      ToWire(Error(ErrorCode::kNotFound, "no such job: " + job));
}

bool StartsWith(const std::string& text, const std::string& beginning) {
  return text.compare(0, beginning.size(), beginning) == 0;
}

template <typename States, typename State>
bool IsOneOf(const States& wanted, State state) {
  return wanted.empty() ||
         std::find(wanted.begin(), wanted.end(), static_cast<int>(state)) != wanted.end();
}

bool IsWanted(const Job& job, const v1::ListJobs& request) {
  const bool matches = request.match().empty() || StartsWith(job.id.value, request.match()) ||
                       job.terms.name() == request.match();
  return matches && (!request.has_user() || job.terms.user() == request.user()) &&
         IsOneOf(request.states(), job.state);
}

std::string Beginning(const std::string& text) {
  const std::string_view first = FirstBytes(text, kErrorBytesMax);
  return std::string(first) + (first.size() < text.size() ? "…" : "");
}

std::uint32_t CountFailures(const Task& task) {
  std::uint32_t count = 0;
  for (const std::uint32_t failures : task.failures) {
    count += failures;
  }
  return count;
}

}  // namespace

void ViewDesk::Hear(const PeerId& from,
                    const v1::ListJobs& request,
                    Time now,
                    Effects& effects) const {
  const auto& jobs = floor_.jobs.BySequence();
  const std::uint32_t limit = PageSize(request.limit(), kJobsMax);
  v1::JobList& list = *Answer(from, effects).mutable_job_list();
  auto it = request.before() == 0 ? jobs.end() : jobs.lower_bound(request.before());
  while (it != jobs.begin()) {
    --it;
    if (!IsWanted(*it->second, request)) {
      continue;
    }
    if (static_cast<std::uint32_t>(list.jobs_size()) == limit) {
      list.set_next(it->first + 1);
      return;
    }
    *list.add_jobs() = Summarize(*it->second, now);
  }
}

void ViewDesk::Hear(const PeerId& from,
                    const v1::ShowJob& request,
                    Time now,
                    Effects& effects) const {
  const Job* job = floor_.jobs.Find({request.job()});
  if (job == nullptr) {
    return RefuseUnknown(from, request.job(), effects);
  }
  v1::JobDetails& details = *Answer(from, effects).mutable_job_details();
  *details.mutable_summary() = Summarize(*job, now);
  *details.mutable_status() = StatusOf(*job, floor_, now);
  for (const std::string& note : job->news.NotesSince(0)) {
    details.mutable_status()->add_notes(note);
  }
  *details.mutable_spec() = job->spec;
  *details.mutable_terms() = job->terms;
  if (job->clip.has_value()) {
    *details.mutable_clip() = *job->clip;
  }
  if (auto result = ResultOf(*job, floor_); result.has_value()) {
    *details.mutable_result() = *std::move(result);
  }
}

void ViewDesk::Hear(const PeerId& from, const v1::ListTasks& request, Effects& effects) const {
  if (floor_.jobs.Find({request.job()}) == nullptr) {
    return RefuseUnknown(from, request.job(), effects);
  }
  const std::vector<const Task*> tasks = floor_.tasks.OfJob({request.job()});
  const std::uint32_t limit = PageSize(request.limit(), kRowsMax);
  v1::TaskList& list = *Answer(from, effects).mutable_task_list();
  for (std::size_t number = request.skip(); number < tasks.size(); ++number) {
    if (!IsOneOf(request.states(), tasks[number]->state)) {
      continue;
    }
    if (static_cast<std::uint32_t>(list.tasks_size()) == limit) {
      list.set_next(static_cast<std::uint32_t>(number));
      return;
    }
    *list.add_tasks() = Summarize(*tasks[number]);
  }
}

void ViewDesk::Hear(const PeerId& from,
                    const v1::ListWorkers& request,
                    Time now,
                    Effects& effects) const {
  std::set<WorkerId> names = floor_.workers.Drained();
  for (const auto& [name, worker] : floor_.workers.All()) {
    names.insert(name);
  }
  const std::uint32_t limit = PageSize(request.limit(), kRowsMax);
  v1::WorkerList& list = *Answer(from, effects).mutable_worker_list();
  for (auto it = names.upper_bound({request.after()}); it != names.end(); ++it) {
    if (static_cast<std::uint32_t>(list.workers_size()) == limit) {
      list.set_next(list.workers().rbegin()->worker());
      return;
    }
    *list.add_workers() = Summarize(*it, now);
  }
}

void ViewDesk::Hear(const PeerId& from, const v1::ShowFarm& /*request*/, Effects& effects) const {
  *Answer(from, effects).mutable_farm_status() = StatusOf(floor_);
}

void ViewDesk::Hear(const PeerId& from, const v1::ShowPreviews& request, Effects& effects) const {
  if (floor_.jobs.Find({request.job()}) == nullptr) {
    return RefuseUnknown(from, request.job(), effects);
  }
  v1::PreviewList& list = *Answer(from, effects).mutable_preview_list();
  list.set_bulk_address(floor_.options.bulk_address);
  std::uint32_t looked_at = 0;
  for (const std::uint32_t round : request.rounds()) {
    for (const std::uint32_t chunk : request.chunks()) {
      if (++looked_at > kRowsMax) {
        return;
      }
      const Task* const task = floor_.tasks.Find({{request.job()}, Stage::kDenoise, chunk, round});
      if (task == nullptr || task->outputs.count(kPreview) == 0) {
        continue;
      }
      v1::Preview& preview = *list.add_previews();
      preview.set_round(round);
      preview.set_chunk(chunk);
      *preview.mutable_blob() = task->outputs.at(kPreview);
    }
  }
}

v1::JobSummary ViewDesk::Summarize(const Job& job, Time now) const {
  const v1::JobStatus status = StatusOf(job, floor_, now);
  v1::JobSummary summary;
  summary.set_job(job.id.value);
  summary.set_name(job.terms.name());
  summary.set_user(job.terms.user());
  summary.set_kind(job.spec.kind());
  summary.set_state(status.state());
  summary.set_priority(job.Priority());
  summary.set_fraction(status.fraction());
  summary.set_frames_done(status.frames_done());
  summary.set_frames_total(status.frames_total());
  for (const v1::StageProgress& stage : status.stages()) {
    summary.set_tasks_running(summary.tasks_running() + stage.tasks_running());
  }
  if (status.has_eta_seconds()) {
    summary.set_eta_seconds(status.eta_seconds());
  }
  summary.set_error(Beginning(status.error().message()));
  summary.set_submitted_unix_ms(job.terms.submitted_unix_ms());
  summary.set_ended_unix_ms(job.ended_unix_ms);
  summary.set_output_path(job.spec.output_path());
  return summary;
}

void ViewDesk::AddFrames(const Task& task, v1::TaskSummary& summary) const {
  const std::optional<v1::Clip>& clip = floor_.jobs.Find(task.id.job)->clip;
  const Stage stage = task.id.stage;
  const bool measures_scene =
      (stage == Stage::kAnnotate || stage == Stage::kFinish) && task.id.round == kSceneRound;
  const bool makes_none = measures_scene || stage == Stage::kProbe || stage == Stage::kAnchor ||
                          stage == Stage::kAssemble;
  if (!clip.has_value() || makes_none) {
    return;
  }
  summary.set_first_frame(clip->first_frame() + task.plan->core.begin);
  summary.set_frame_count(task.plan->core.size());
  summary.set_checks_seam(task.plan->checks_seam);
}

v1::TaskSummary ViewDesk::Summarize(const Task& task) const {
  v1::TaskSummary summary;
  *summary.mutable_task() = ToWire(task.id);
  summary.set_state(static_cast<v1::TaskState>(task.state));
  summary.set_ready(task.state == TaskState::kWaiting && task.inputs_missing == 0);
  summary.set_attempt(task.attempt);
  summary.set_worker(task.holder.worker.value);
  const Lease* const lease = floor_.leases.Find(task.id);
  summary.set_fraction(task.state == TaskState::kDone ? 1 : lease != nullptr ? lease->fraction : 0);
  summary.set_failures(CountFailures(task));
  AddFrames(task, summary);
  return summary;
}

v1::WorkerSummary ViewDesk::Summarize(const WorkerId& worker, Time now) const {
  v1::WorkerSummary summary;
  summary.set_worker(worker.value);
  summary.set_drained(floor_.workers.IsBarred(worker, WorkerTable::Bar::kDrained));
  summary.set_aside(floor_.workers.IsBarred(worker, WorkerTable::Bar::kAside));
  const Worker* const known = floor_.workers.Find(worker);
  if (known == nullptr) {
    return summary;
  }
  summary.set_connected(true);
  summary.set_leaving(known->leaving);
  summary.set_device(known->capability.device);
  summary.set_device_memory_bytes(known->capability.memory_bytes);
  for (const v1::DataType type : known->capability.data_types) {
    summary.add_data_types(type);
  }
  for (const std::string& tag : known->capability.tags) {
    summary.add_tags(tag);
  }
  summary.set_build(known->build);
  summary.set_warm_model(known->warm);
  const std::vector<Lease> held = floor_.leases.HeldBy(worker);
  if (!held.empty()) {
    *summary.mutable_task() = ToWire(held.front().attempt.task);
    summary.set_fraction(held.front().fraction);
  }
  summary.set_silent_ms(static_cast<std::uint64_t>((now - known->last_heard).count()));
  return summary;
}

}  // namespace weft::coordinator
