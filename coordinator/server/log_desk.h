// The conversation about logs: workers send records, clients read them. Nothing of the farm's state
// is changed, so the core has no part in it.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/ids.h"
#include "common/time.h"
#include "coordinator/core/farm.h"
#include "coordinator/server/log_keeper.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

class LogDesk {
 public:
  // Both must outlive this.
  LogDesk(const Farm& farm, LogKeeper& keeper) : farm_(farm), keeper_(keeper) {}

  // Keeps what a connected worker has to say; what comes from others is dropped. A worker that says
  // more than it should is not heard out.
  void Hear(const PeerId& from, const v1::LogRecords& records, Time now);

  // LogPage, or RequestRefused.
  [[nodiscard]] v1::FromCoordinator Answer(const v1::ReadLog& request);

  // Records of workers that never came here, or that were not let in.
  [[nodiscard]] std::uint64_t LostCount() const { return lost_; }

 private:
  struct Source {
    InstanceId life;
    std::uint64_t next = 0;  // The number of the record that should come next.
    double allowance = 0;    // Bytes.
    Time allowed_at{};
    std::uint64_t unheard = 0;  // Records, since the last that was heard.
  };

  bool Admit(Source& source, std::size_t bytes, Time now) const;
  void KeepGap(const WorkerId& worker, std::uint64_t count);
  void Keep(const WorkerId& worker, const v1::LogRecord& record);

  const Farm& farm_;
  LogKeeper& keeper_;
  std::map<WorkerId, Source> sources_;
  std::uint64_t lost_ = 0;
};

}  // namespace weft::coordinator
