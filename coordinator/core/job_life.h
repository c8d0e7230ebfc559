// A job from its submission to its end. Every change is recorded in the effects.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error.h"
#include "common/result.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/floor.h"
#include "weft/v1/client.pb.h"

namespace weft::coordinator {

class JobLife {
 public:
  // floor: must outlive this.
  explicit JobLife(Floor& floor) : floor_(floor) {}

  struct Refusal {
    Error error;
    v1::RefusalKind kind = v1::REFUSAL_KIND_UNSPECIFIED;
  };

  // Accepts a job, or finds the one that was submitted with the same token.
  // kInvalidArgument: no token, or a specification or terms that cannot be served; names the field.
  // kUnsupported: no connected worker could run it; says what each lacks.
  // kResourceExhausted: the user has as many open jobs as one may have.
  // kAlreadyExists: the token is that of another specification; names the first field that differs.
  // Or that of a job that was forgotten.
  // kNoSpace: jobs are held back, and this is a new one.
  // kNotFound, kFailedPrecondition: it is to wait for a job that is not there, or cannot be done.
  tl::expected<v1::JobSubmitted, Refusal> Submit(const v1::SubmitJob& request, Effects& effects);

  // Each has no effect on a job that is that way already. kNotFound: no such job.
  // Cancel stops an open job; one that has ended stays as it is.
  Status Cancel(const JobId& id, Effects& effects);
  // Nothing of the job starts until it is resumed. kFailedPrecondition: it has ended.
  Status Pause(const JobId& id, Effects& effects);
  Status Resume(const JobId& id, Effects& effects);
  // A failed or cancelled job goes on from what is done. kFailedPrecondition: it is done, waits
  // for a job that has ended otherwise, or cannot be planned for its clip.
  Status Retry(const JobId& id, Effects& effects);

  // What the job has written and is kept here goes now. No effect where it has gone already.
  // kFailedPrecondition: it is not done, or keeps none.
  Status DropResult(const JobId& id, Effects& effects);

  // Nothing is kept of a job that has ended, but that there was one. No effect where that was done
  // before. kFailedPrecondition: it has not ended, or is not done and others were to run after it.
  Status Forget(const JobId& id, Effects& effects);
  // Forgets what has ended long ago, by FarmOptions::job_keep, unless its result is still kept:
  // some of it, so call it now and then.
  void ForgetPast(Effects& effects);

  // kInvalidArgument: not 0 to 100.
  Status Prioritize(const JobId& id, std::uint32_t priority, Effects& effects);

  // A task of the probe has found this: the parts of a long clip are planned, or, once it is all
  // there, everything else. A clip that the job cannot be planned for fails it. Nothing happens
  // where as much was known already: the first task ran again, for what else it brings.
  // REQUIRES: CheckFound(job, …, probed).
  void Plan(Job& job, const v1::Clip& probed, Effects& effects);

  // The last task is done.
  void Finish(Job& job, Effects& effects);

  void Fail(Job& job, Error error, Effects& effects);

 private:
  [[nodiscard]] std::optional<Refusal> FindRefusal(const v1::SubmitJob& request) const;
  [[nodiscard]] std::optional<Refusal> FindIncompatibility(const v1::SubmitJob& request) const;
  Result<Job*> Find(const JobId& id);
  void Move(Job& job, JobState state, Effects& effects);
  // No task of the job starts any more, and workers are told to stop those that run. Jobs that wait
  // for it start, or fail.
  void End(Job& job, JobState state, Effects& effects);
  void EndAlone(Job& job, JobState state, Effects& effects);
  // What the clip says of the rounds' length.
  static std::uint32_t ChooseRounds(Job& job, const v1::Clip& clip, Effects& effects);
  // kFailedPrecondition: its clip is known, and no plan could be made for it.
  [[nodiscard]] Status CheckIsPlanned(const Job& job) const;
  void NoteFailure(Job& job, Error error, Effects& effects);

  Floor& floor_;
};

}  // namespace weft::coordinator
