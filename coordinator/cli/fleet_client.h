// One conversation with a fleet's coordinator: a question, its answer.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/error.h"
#include "common/result.h"
#include "common/time.h"
#include "common/transport.h"
#include "weft/v1/envelope.pb.h"

namespace weft::cli {

// kUnavailable: nobody answered; says what to look at. A coordinator that has keys is silent
// towards whom it does not know.
Error NoAnswer();

// Used by one thread.
class FleetClient {
 public:
  // All are used, and outlive this. patience: how long an answer may take.
  FleetClient(Connection& connection, const Clock& clock, Duration patience)
      : connection_(connection), clock_(clock), patience_(patience) {}

  // Asks until it is answered; so only what may be said twice.
  // NoAnswer(): there is none.  Others: the coordinator refused.
  Result<v1::FromCoordinator> Ask(const v1::ToCoordinator& question,
                                  v1::FromCoordinator::BodyCase answer);

  // The job that `text` means: its id, the beginning of its id, or its name.
  // kNotFound: none.  kInvalidArgument: several; names them.
  Result<v1::JobSummary> FindJob(const std::string& text);

  // The next message of any kind; nothing when `timeout` passes without one.
  Result<std::optional<v1::FromCoordinator>> Hear(Duration timeout);
  // False: nobody took it.
  bool Say(const v1::ToCoordinator& message);

 private:
  Connection& connection_;
  const Clock& clock_;
  const Duration patience_;
};

}  // namespace weft::cli
