// How workers behave: who fails task after task, who claims what cannot be, who floods. Such a
// worker is set aside: it is given nothing until it is forgiven, and each time that takes longer.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "common/time.h"
#include "coordinator/core/recent_map.h"

namespace weft::coordinator {

struct ConductLimits {
  std::uint32_t errors_max = 3;    // Different tasks that failed in a row.
  std::uint32_t offences_max = 3;  // Claims that cannot be true.
  Duration aside{600'000};         // The first time; doubles with each further one.
  Duration aside_max{18'000'000};
  // Messages: so many at once, and so many a second in the long run. Each assignment allows a few
  // more, so that a fast worker with short tasks is not taken for one that floods.
  double burst = 400;
  double rate = 50;
  double rate_for_task = 8;
};

class Conduct {
 public:
  explicit Conduct(const ConductLimits& limits) : limits_(limits) {}

  // A message of the worker came. False: too many of late, it should not be looked at.
  bool Admit(const WorkerId& worker, Time now);
  void AllowForTask(const WorkerId& worker);

  // The worker failed at `task`, or succeeded at one, or claimed what cannot be true.
  // True: it should be set aside.
  [[nodiscard]] bool CountError(const WorkerId& worker, const TaskId& task);
  void CountSuccess(const WorkerId& worker);
  [[nodiscard]] bool CountOffence(const WorkerId& worker);

  // The worker is set aside, until when is returned. REQUIRES: it is not aside.
  Time SetAside(const WorkerId& worker, Time now);
  [[nodiscard]] bool IsAside(const WorkerId& worker) const;

  // Those whose time is over by `now`.
  std::vector<WorkerId> Forgive(Time now);
  [[nodiscard]] std::optional<Time> NextForgiveness() const;

 private:
  struct Past {
    std::uint32_t offences = 0;
    std::uint32_t errors = 0;  // In a row.
    std::optional<TaskId> last_error = {};
    std::uint32_t times_aside = 0;
    std::optional<Time> aside_until = {};
    double allowance = 0;  // Messages.
    std::optional<Time> allowed_at = {};
  };

  ConductLimits limits_;
  RecentMap<WorkerId, Past> past_;
  std::set<std::pair<Time, WorkerId>> aside_;
};

}  // namespace weft::coordinator
