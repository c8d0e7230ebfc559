// A job's status in words: pure functions from what the coordinator says to what people and
// programs read.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error.h"
#include "coordinator/cli/exit_codes.h"
#include "weft/v1/client.pb.h"
#include "weft/v1/task.pb.h"

namespace weft::cli {

// What a finished render amounts to.
struct Outcome {
  std::string output;
  std::uint32_t frames = 0;
  double seconds = 0;  // Wall time of this run.
  std::optional<v1::SeamFigures> seams = std::nullopt;
};

// "0:05", "1:23", "1:02:03".
std::string FormatSeconds(double seconds);

// The stage that is being worked on: the earliest with a running task, else the earliest that is
// not done, else the last. Empty before anything is planned.
std::string CurrentStage(const v1::JobStatus& status);

// One line of at most `width` columns, for a terminal:
//   denoise [#########-----------] 45%  34/81 frames  1:23 left  2 workers
// Where it is narrow, the bar shrinks first, then the line is cut.
std::string BarLine(const v1::JobStatus& status, int width);

// "denoise 45%, 34 of 81 frames done, about 1:23 left, 2 workers".
std::string PlainLine(const v1::JobStatus& status);

// "neon.mp4: 81 frames in 2:05, 0.65 frames/s".
std::string OutcomeLine(const Outcome& outcome);

// "seams: 1.93 levels at 3 borders, 1.95 inside; -0.4 % (give or take 1.2 %) against what is beside
// them". REQUIRES: outcome.seams is there.
std::string SeamLine(const Outcome& outcome);

// JSON objects without line ends, for --json.
std::string ProgressEvent(const v1::JobStatus& status);
std::string NoteEvent(const std::string& text);
std::string DoneEvent(const Outcome& outcome);
std::string FailedEvent(const Error& error, ExitCode code);

}  // namespace weft::cli
