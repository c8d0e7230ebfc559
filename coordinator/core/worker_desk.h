// The conversation with workers: hello, heartbeats, outcomes, goodbye. What anything means for
// tasks is decided by AttemptLife.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/transport.h"
#include "coordinator/core/attempt_life.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/floor.h"
#include "coordinator/core/protocol.h"
#include "weft/v1/worker.pb.h"

namespace weft::coordinator {

class WorkerDesk {
 public:
  // Both must outlive this.
  WorkerDesk(Floor& floor, AttemptLife& attempts) : floor_(floor), attempts_(attempts) {}

  void Hear(const PeerId& from, const v1::WorkerHello& hello, Time now, Effects& effects);
  // A heartbeat is answered with a welcome again where the worker is to speak more or less often.
  // The others are answered with HelloRequired where no worker is known to speak over `from`.
  void Hear(const PeerId& from, const v1::WorkerHeartbeat& beat, Time now, Effects& effects);
  // lie: see MessageArrived.
  void Hear(const PeerId& from,
            const v1::TaskCompleted& outcome,
            const std::optional<std::string>& lie,
            Time now,
            Effects& effects);
  void Hear(const PeerId& from, const v1::TaskFailed& outcome, Time now, Effects& effects);
  void Hear(const PeerId& from, const v1::WorkerGoodbye& goodbye, Time now, Effects& effects);
  // An operator's word about a worker, which need not be connected: it holds over restarts.
  void Hear(const PeerId& from, const v1::DrainWorker& request, Effects& effects);

  // The connection is gone. No effect when no worker spoke over it.
  void Leave(const PeerId& peer, Effects& effects);

  // Workers that were silent for too long are gone.
  void DropSilent(Time now, Effects& effects);

 private:
  void Welcome(const Holder& self, const v1::WorkerHello& hello, Time now, Effects& effects);
  // How often the worker is to speak from now on, as a welcome that says nothing of attempts.
  v1::WorkerWelcome TellPace(const WorkerId& worker);
  void HearLegacy(const Holder& self, const v1::WorkerHello& hello, Time now, Effects& effects);
  // Nothing of the sort was ever given to the worker.
  void Judge(const AttemptId& attempt, const Holder& self, Time now, Effects& effects);
  // The worker that speaks over `from`. Nothing when none does, and it is asked to say hello; or
  // when it says too much, and it is not answered.
  std::optional<Holder> Recognize(const PeerId& from, Time now, Effects& effects);
  void Acknowledge(const PeerId& to,
                   const v1::AttemptId& attempt,
                   AttemptLife::Verdict verdict,
                   Effects& effects);

  Floor& floor_;
  AttemptLife& attempts_;
};

}  // namespace weft::coordinator
