// Many jobs handed to a coordinator at once.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "coordinator/cli/fleet_client.h"
#include "weft/v1/client.pb.h"

namespace weft::cli {

// What became of one.
struct Submitted {
  Result<v1::JobSubmitted> answer;
  bool answered = false;  // Else `answer` is NoAnswer().
};

// Hands in all, many at a time and each until it is answered; a token makes one job, however often
// it is handed in. A job that waits for another of these is handed in once that one is answered.
// told: hears of each as it is answered, by its place in `jobs`. patience: how long no answer at
// all may come. Errors: the connection is broken.
Result<std::vector<Submitted>> Submit(
    const std::vector<v1::SubmitJob>& jobs,
    FleetClient& client,
    const Clock& clock,
    Duration patience,
    const std::function<void(std::size_t, const Submitted&)>& told);

}  // namespace weft::cli
