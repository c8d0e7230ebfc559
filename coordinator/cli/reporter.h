// Who tells the user how a render goes: a live bar on a terminal, plain lines in a log, JSON for
// programs.

#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "common/error.h"
#include "common/time.h"
#include "coordinator/cli/exit_codes.h"
#include "coordinator/cli/progress.h"
#include "weft/v1/client.pb.h"

namespace weft::cli {

// Used by one thread.
class Reporter {
 public:
  Reporter() = default;
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  virtual ~Reporter() = default;

  // Shows how far the job is, as often as suits; most calls show nothing.
  virtual void Progress(const v1::JobStatus& status, Time now) = 0;

  // Something happened that the user may want to know; the render goes on.
  virtual void Note(const std::string& text) = 0;

  // The last word, one of these. The message is put on one line.
  virtual void Done(const Outcome& outcome) = 0;
  virtual void Failed(const Error& error, ExitCode code) = 0;
  virtual void Interrupted(const std::string& how_to_go_on) = 0;
};

// A bar on `terminal`, redrawn at most 5 times a second and wiped before anything else is said.
// columns: the terminal's present width.
std::unique_ptr<Reporter> MakeBarReporter(std::ostream& terminal, std::function<int()> columns);

// Lines on `log`, progress every 5 seconds.
std::unique_ptr<Reporter> MakePlainReporter(std::ostream& log);

// JSON objects on `events`, one a line, progress at most 5 times a second; failures also in words
// on `log`.
std::unique_ptr<Reporter> MakeJsonReporter(std::ostream& events, std::ostream& log);

}  // namespace weft::cli
