// A whole film on many workers, without rendering it: the coordinator's own planner and scheduler
// under a simulated clock, and workers that take as long as real ones were measured to.

#pragma once

#include <cstdint>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::bench {

// Seconds of one worker, as measured. Frames are those of a task's core unless it says otherwise.
struct StageRates {
  double open_frame = 0;      // Finding where the film's frames are; of all of them.
  double probe_frame = 0;     // Reading the film and finding its cuts.
  double annotate_frame = 0;  // One control map.
  double step_frame = 0;      // One step of the schedule, UNet and ControlNet, both sides.
  double smooth_frame = 0;    // Decoding, matching, encoding between steps.
  double finish_frame = 0;    // Decoding, the final pass, encoding without loss.
  double encode_frame = 0;    // Encoding the file's video.
  double assemble_frame = 0;  // Copying packets.
  double task = 0;            // Of any task: fetching, storing, talking.
};

struct FilmOrder {
  v1::JobSpec spec;
  v1::Clip clip;
  StageRates rates;
  std::uint32_t workers = 1;
  double spread = 0.1;     // Standard deviation of a task's time, as a part of it.
  std::uint64_t seed = 0;  // Of those deviations.
};

struct FilmFigures {
  std::uint64_t tasks = 0;
  double seconds = 0;       // From submission to the end.
  double work_seconds = 0;  // Of all tasks, as they took.
  // The longest chain of tasks of which each waits for the one before, in its tasks' own time: no
  // number of workers is faster.
  double critical_seconds = 0;
  std::uint64_t message_bytes_max = 0;  // Of a task, as a worker is sent it.
  double handle_us = 0;                 // Real time that the coordinator's core took for an event.
};

// kInternal: the job did not come to its end.  Others: it cannot be planned.
Result<FilmFigures> SimulateFilm(const FilmOrder& order);

}  // namespace weft::bench
