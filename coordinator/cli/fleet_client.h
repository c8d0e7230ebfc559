// One conversation with a fleet's coordinator: a question, its answer.

#pragma once

#include <functional>
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
  // To the coordinator, a new one each time.
  using Connect = std::function<Result<std::unique_ptr<Connection>>()>;

  // clock: outlives the client. patience: how long an answer may take. Errors: those of connect.
  static Result<FleetClient> Open(Connect connect, const Clock& clock, Duration patience);

  // Asks until it is answered; so only what may be said twice. What answers an earlier question, or
  // an earlier message, is never taken for this one's answer.
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
  FleetClient(Connect connect,
              std::unique_ptr<Connection> connection,
              const Clock& clock,
              Duration patience);

  // Answers do not say to what: where one may still be on its way, the next question has a
  // connection that it cannot come by.
  Status LeaveOldAnswers();

  Connect connect_;
  std::unique_ptr<Connection> connection_;
  const Clock* clock_;
  Duration patience_;
  bool may_hear_old_ = false;
};

}  // namespace weft::cli
