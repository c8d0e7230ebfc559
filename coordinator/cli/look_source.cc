#include "coordinator/cli/look_source.h"

#include <algorithm>
#include <cassert>
#include <map>

#include "common/storage/look_place.h"
#include "common/storage/model_place.h"
#include "common/storage/result_place.h"
#include "coordinator/core/job_id.h"
#include "coordinator/core/schedule.h"

namespace weft::cli {
namespace {

std::string NameOf(const v1::JobSummary& job) {
  return job.job() + (job.name().empty() ? "" : " (" + job.name() + ")");
}

Status Compare(const std::string& what, const std::string& source, const std::string& job) {
  return source == job ? Status()
                       : Failure(ErrorCode::kInvalidArgument, "its anchors have " + what + " " +
                                                                  source + ", this job has " + job);
}

Status CompareModels(const std::string& source, const std::string& job) {
  const Status same = Compare("model", source, job);
  const bool one_was_sent = ParseModelUrl(source).has_value() != ParseModelUrl(job).has_value();
  return same || !one_was_sent
             ? same
             : Failure(ErrorCode::kInvalidArgument,
                       same.error().message() + ": hand in both with --upload-models, or neither");
}

std::string Text(const v1::Size& size) {
  return std::to_string(size.width()) + "x" + std::to_string(size.height());
}

// Empty where it is the source's, which only a probe knows.
std::string SizeOf(const v1::JobSpec& spec) {
  return spec.has_size() ? Text(spec.size()) : "";
}

Status CheckFits(const v1::JobDetails& details, const v1::JobSpec& job) {
  const v1::JobSpec& source = details.spec();
  const std::string size = details.has_clip() ? Text(details.clip().size()) : SizeOf(source);
  WEFT_RETURN_IF_ERROR(CompareModels(source.model_path(), job.model_path()));
  if (!size.empty() && job.has_size()) {
    WEFT_RETURN_IF_ERROR(Compare("size", size, SizeOf(job)));
  }
  WEFT_RETURN_IF_ERROR(
      Compare("steps", std::to_string(source.steps()), std::to_string(job.steps())));
  WEFT_RETURN_IF_ERROR(Compare("a strength whose first step is",
                               std::to_string(coordinator::WholeSchedule(source).first_step),
                               std::to_string(coordinator::WholeSchedule(job).first_step)));
  WEFT_RETURN_IF_ERROR(
      Compare("sampler", v1::Sampler_Name(source.sampler()), v1::Sampler_Name(job.sampler())));
  WEFT_RETURN_IF_ERROR(Compare("spacing", v1::TimestepSpacing_Name(source.timestep_spacing()),
                               v1::TimestepSpacing_Name(job.timestep_spacing())));
  WEFT_RETURN_IF_ERROR(Compare("karras", std::to_string(int{source.karras_sigmas()}),
                               std::to_string(int{job.karras_sigmas()})));
  return Compare("controls", std::to_string(source.controls_size()),
                 std::to_string(job.controls_size()));
}

// Where the anchors are that it saves, or attends to itself.
std::string PlaceOf(const v1::JobDetails& source) {
  const v1::JobSpec& spec = source.spec();
  if (IsResultUrl(spec.save_look_path())) {
    return LookPlace{source.summary().job()}.Url();
  }
  return spec.save_look_path().empty() ? spec.look_path() : spec.save_look_path();
}

Status CheckState(const v1::JobDetails& source) {
  const v1::JobState state = source.summary().state();
  if (state == v1::JOB_STATE_CANCELLED || state == v1::JOB_STATE_FAILED) {
    return Failure(ErrorCode::kFailedPrecondition,
                   state == v1::JOB_STATE_FAILED ? "it failed" : "it was cancelled");
  }
  return PlaceOf(source).empty()
             ? Failure(ErrorCode::kFailedPrecondition,
                       "it keeps no anchors; hand it in with save-anchors: FILE")
             : Status();
}

void WaitFor(const std::string& source, v1::SubmitJob& job) {
  const auto& after = job.terms().after();
  if (std::find(after.begin(), after.end(), source) == after.end()) {
    job.mutable_terms()->add_after(source);
  }
}

Status Attend(const v1::JobDetails& source, v1::SubmitJob& job) {
  WEFT_RETURN_IF_ERROR(CheckState(source));
  WEFT_RETURN_IF_ERROR(CheckFits(source, job.spec()));
  job.mutable_spec()->set_look_path(PlaceOf(source));
  WaitFor(source.summary().job(), job);
  if (const auto kept = ParseLookUrl(job.spec().look_path()); kept.has_value()) {
    WaitFor(kept->job, job);  // Which may be one that the source attends to.
  }
  return {};
}

v1::JobDetails DetailsOf(const v1::SubmitJob& job) {
  v1::JobDetails details;
  details.mutable_summary()->set_job(coordinator::JobIdOf(job.client_token()).value);
  details.mutable_summary()->set_name(job.terms().name());
  *details.mutable_spec() = job.spec();
  return details;
}

}  // namespace

Status AttendTo(const v1::JobDetails& source, v1::SubmitJob& job) {
  const Status attends = Attend(source, job);
  return attends ? Status()
                 : Failure(attends.error().Within("anchors from " + NameOf(source.summary())));
}

Status AttendWithin(std::vector<v1::SubmitJob>& jobs, std::vector<std::string>& sources) {
  assert(sources.size() == jobs.size());
  std::map<std::string, std::size_t> named;
  for (std::size_t number = 0; number < jobs.size(); ++number) {
    const auto found = named.find(sources[number]);
    named[jobs[number].terms().name()] = number;
    if (sources[number].empty() || found == named.end()) {
      continue;
    }
    if (!sources[found->second].empty()) {
      sources[number] = sources[found->second];
      continue;
    }
    v1::JobSpec& source = *jobs[found->second].mutable_spec();
    const bool has_look = !source.look_path().empty() || !source.save_look_path().empty();
    if (!has_look && source.anchors_attended() > 0) {
      source.set_save_look_path(LookBeside(source.output_path()));
    }
    const Status attends = AttendTo(DetailsOf(jobs[found->second]), jobs[number]);
    if (!attends) {
      return Failure(attends.error().Within(jobs[number].terms().name()));
    }
    sources[number].clear();
  }
  return {};
}

}  // namespace weft::cli
