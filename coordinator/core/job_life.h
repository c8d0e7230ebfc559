// A job from its submission to its end. Every change is recorded in the effects.

#pragma once

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

  // Accepts a job, or finds the one that was submitted with the same token.
  // kInvalidArgument: no token, or a specification that cannot be served; names the field.
  // kAlreadyExists: the token is that of another specification; names the first field that differs.
  // kNoSpace: jobs are held back, and this is a new one.
  Result<v1::JobSubmitted> Submit(const v1::SubmitJob& request, Effects& effects);

  // Stops a running job; no effect on one that has ended.
  // kNotFound: no such job.
  Status Cancel(const JobId& id, Effects& effects);

  // The probe is done: everything else is planned. An implausible clip fails the job.
  void Plan(Job& job, const v1::Clip& clip, Effects& effects);

  // The last task is done.
  void Finish(Job& job, Effects& effects);

  void Fail(Job& job, Error error, Effects& effects);

 private:
  // No task of the job starts any more, and workers are told to stop those that run.
  void End(Job& job, JobState state, Effects& effects);

  Floor& floor_;
};

}  // namespace weft::coordinator
