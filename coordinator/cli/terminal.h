// Where the program's words go.

#pragma once

#include <memory>

#include "coordinator/cli/reporter.h"

namespace weft::cli {

// JSON for programs; else a bar where standard error is a terminal, plain lines where it is not.
std::unique_ptr<Reporter> MakeReporter(bool json);

}  // namespace weft::cli
