// What a worker looks at before it joins.

#pragma once

#include <string>

#include "common/log/log.h"

namespace weft::worker {

// Tells the log what of this machine does not suit a worker on `device` ("cpu" or "cuda:N"), and
// what the device is. outbox: its folder; status_file: a path; empty: none. True where it can start
// all the same.
bool CheckMachine(const std::string& device,
                  const std::string& outbox,
                  const std::string& status_file,
                  const Log& log);

}  // namespace weft::worker
