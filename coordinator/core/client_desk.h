// The conversation with clients that want something done: submit, watch, cancel, pause, resume,
// retry, prioritize, drop a result. What they only want to see is view_desk.h's.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/transport.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/floor.h"
#include "coordinator/core/job_life.h"
#include "weft/v1/client.pb.h"

namespace weft::coordinator {

class ClientDesk {
 public:
  // Both must outlive this.
  ClientDesk(Floor& floor, JobLife& jobs) : floor_(floor), jobs_(jobs) {}

  // Answered with JobSubmitted, or else JobStatus; or with RequestRefused.
  void Hear(const PeerId& from, const v1::SubmitJob& request, Effects& effects);
  void Hear(const PeerId& from, const v1::WatchJob& request, Time now, Effects& effects);
  void Hear(const PeerId& from, const v1::PrioritizeJob& request, Time now, Effects& effects);
  // Answered once it is on disk that the job is forgotten.
  void Hear(const PeerId& from, const v1::ForgetJob& request, Effects& effects);

  // Cancel, Pause, Resume, Retry or DropResult. Answered likewise.
  using JobChange = Status (JobLife::*)(const JobId& id, Effects& effects);
  void Change(
      const PeerId& from, const std::string& job, JobChange change, Time now, Effects& effects);

  // The peer watches nothing any more.
  void Leave(const PeerId& peer);

  // Tells those who watch a job that moved, or who have heard nothing for a while. A job's last
  // status ends its watch.
  void Report(Time now, Effects& effects);

  // When Report() next has something to tell.
  [[nodiscard]] std::optional<Time> NextReport() const;

 private:
  struct Watch {
    Time told;                   // When the last status went out.
    std::uint64_t revision = 0;  // Of the job, then.
    std::uint64_t notes_told = 0;
  };

  [[nodiscard]] Time Due(const Job& job, const Watch& watch) const;
  // The status of a job that was asked to change; or why it cannot.
  void Answer(
      const PeerId& peer, const JobId& id, const Status& change, Time now, Effects& effects);
  void Tell(const PeerId& peer, const Job& job, Watch& watch, Time now, Effects& effects);

  Floor& floor_;
  JobLife& jobs_;
  std::map<std::pair<PeerId, JobId>, Watch> watches_;
};

}  // namespace weft::coordinator
