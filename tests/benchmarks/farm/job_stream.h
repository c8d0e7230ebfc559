// A client that submits jobs whose tasks nobody does; their chunks are one frame each.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <zmq.hpp>

#include "common/result.h"
#include "common/transport/zmq_transport.h"

namespace weft::bench {

enum class JobShape {
  // A probe, C independent tasks and an assembly for C frames, so C + 2 tasks.
  kDeflicker,
  // A probe, C tasks, C tasks that each wait for one of those, and an assembly. All but the probe
  // and the assembly want a worker with device "cpu".
  kRender,
};

class JobStream {
 public:
  // Throws zmq::error_t when the socket cannot be made.
  JobStream(const std::string& address, const std::optional<CurveOptions>& curve, JobShape shape);

  // Sends a submission; its specification's seed says when, by the steady clock.
  // kUnavailable: the coordinator takes nothing for ten seconds.
  Status Submit();

  // Takes the answers that are here, and waits up to `timeout_ms` for one.
  // kInternal: the coordinator refuses a job.
  Status Listen(int timeout_ms);

  [[nodiscard]] std::uint64_t Submitted() const { return submitted_; }
  [[nodiscard]] std::uint64_t Accepted() const { return accepted_; }

 private:
  const JobShape shape_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::uint64_t submitted_ = 0;
  std::uint64_t accepted_ = 0;
};

}  // namespace weft::bench
