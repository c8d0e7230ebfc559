// Speaks to a farm line by line, and looks at what it answers. Records go to a disk that a restart
// reads.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/farm.h"
#include "tests/coordinator/core/farm_invariants.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {

v1::ToCoordinator SubmitMessage(const std::string& token, const v1::JobSpec& spec);
v1::ToCoordinator WatchMessage(const std::string& job);
v1::ToCoordinator HelloMessage(const std::string& worker,
                               std::uint64_t instance,
                               const std::string& device = "cpu",
                               const std::vector<v1::AttemptId>& running = {});
v1::ToCoordinator HeartbeatMessage(const std::vector<v1::AttemptId>& running);
// With the outputs that the task's stage brings. clip: that the probe finds.
v1::ToCoordinator CompletedMessage(const v1::Task& task, const v1::Clip& clip = SampleClip(20));
v1::ToCoordinator FailedMessage(const v1::Task& task, ErrorCode code);  // "it broke"

struct Reply {
  Effects effects;

  // The first message to `peer`; an empty one when there is none.
  [[nodiscard]] v1::FromCoordinator At(const std::string& peer) const;
  [[nodiscard]] std::vector<v1::Task> Assignments() const;
  // What `peer` was given to do.
  [[nodiscard]] std::optional<v1::Task> Assignment(const std::string& peer) const;
};

class FarmScript {
 public:
  explicit FarmScript(FarmOptions options = {}) : options_(std::move(options)) { Restart(); }

  [[nodiscard]] const Farm& Subject() const { return *farm_; }
  [[nodiscard]] Time Now() const { return now_; }

  Reply Say(const std::string& peer, const v1::ToCoordinator& message);
  // Time passes, and the farm notices.
  Reply Pass(Duration span);
  // Time passes, and the farm stands still.
  void Sleep(Duration span) { now_ += span; }
  void Hold(const std::string& why);
  // The outputs of these attempts are lost.
  Reply RunAgain(const std::vector<AttemptId>& damaged);
  // Has results dropped whose time is over.
  Reply DropPastResults();
  // Has jobs forgotten whose time is over.
  Reply ForgetPastJobs();
  // A new life on the same records, at the same time.
  Reply Restart();
  // The same, on a copy of the records.
  Reply RestartOnACopy();
  // The same, of a coordinator whose earlier life was of a version that stored no pictures.
  void RestartAfterOlderVersion();
  // The same, where workers of the earlier life made other pictures.
  Reply RestartAfterOtherPictures();

  // Submits and returns the job's id.
  std::string Submit(const std::string& token, const v1::JobSpec& spec);
  // A worker does everything there is to do.
  void RunAll(const std::string& worker);
  // The last that any client was told.
  [[nodiscard]] const v1::JobStatus& LastStatus() const { return last_status_; }

 private:
  Reply Keep(Effects effects);

  FarmOptions options_;
  std::unique_ptr<Farm> farm_;
  ModelDisk disk_;
  Time now_{Duration(1000)};
  v1::JobStatus last_status_;
};

}  // namespace weft::coordinator
