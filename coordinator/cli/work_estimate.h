// How long a planned job may take. Arithmetic by the model's own count at a nominal rate, scheduled
// as the coordinator would: good for "minutes or hours", never a promise.

#pragma once

#include <vector>

#include "coordinator/core/chunk_plan.h"
#include "weft/v1/job.pb.h"
#include "worker/models/model_cost.h"

namespace weft::cli {

// What one worker is taken to achieve.
struct WorkRates {
  double multiply_adds_per_second = 0;  // Of the models.
  // PatchMatch: one frame matched with another, and seen from there, as the balanced mode does it.
  double remapped_pixels_per_second = 0;
  double plain_pixels_per_second = 0;  // Soft edges, video decoding and encoding.
};

// Of the models as NominalMultiplyAdds(); the PatchMatch pass runs on the processor everywhere.
WorkRates NominalRates(const v1::JobSpec& spec);

// Whether it is known how much work the job's smoothing is: all modes but those that make a clip
// from key frames.
bool IsEstimable(const v1::JobSpec& spec);

// Seconds of one worker for each task of `plan`, in its order.
std::vector<double> TaskSeconds(const coordinator::JobPlan& plan,
                                const v1::JobSpec& spec,
                                const v1::Clip& clip,
                                const models::ModelCost& cost,
                                const WorkRates& rates);

// When the last task ends, if `workers` take the tasks in the plan's order, those of the probe
// first, as soon as what they read is there. REQUIRES: workers > 0, one entry of `seconds` a
// task.
double WallSeconds(const coordinator::JobPlan& plan,
                   const std::vector<double>& seconds,
                   std::uint32_t workers);

}  // namespace weft::cli
