// The conversation with clients that want to see: jobs, tasks, workers. Changes nothing.

#pragma once

#include "common/time.h"
#include "common/transport.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/floor.h"
#include "weft/v1/view.pb.h"

namespace weft::coordinator {

class ViewDesk {
 public:
  // floor: must outlive this.
  explicit ViewDesk(const Floor& floor) : floor_(floor) {}

  // Answered with JobList, JobDetails, TaskList, WorkerList, FarmStatus, PreviewList; or with
  // RequestRefused: kNotFound, no such job.
  void Hear(const PeerId& from, const v1::ListJobs& request, Time now, Effects& effects) const;
  void Hear(const PeerId& from, const v1::ShowJob& request, Time now, Effects& effects) const;
  void Hear(const PeerId& from, const v1::ListTasks& request, Effects& effects) const;
  void Hear(const PeerId& from, const v1::ListWorkers& request, Time now, Effects& effects) const;
  void Hear(const PeerId& from, const v1::ShowFarm& request, Effects& effects) const;
  void Hear(const PeerId& from, const v1::ShowPreviews& request, Effects& effects) const;

 private:
  [[nodiscard]] v1::JobSummary Summarize(const Job& job, Time now) const;
  [[nodiscard]] v1::TaskSummary Summarize(const Task& task) const;
  void AddFrames(const Task& task, v1::TaskSummary& summary) const;
  [[nodiscard]] v1::WorkerSummary Summarize(const WorkerId& worker, Time now) const;

  const Floor& floor_;
};

}  // namespace weft::coordinator
