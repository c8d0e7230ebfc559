// The sampler that a job asks for.

#pragma once

#include <memory>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"
#include "worker/models/sampler.h"

namespace weft::worker {

// schedule: the model's. An unspecified sampler is DDIM; an unspecified spacing, the model's.
// kUnsupported: a sampler or spacing that this worker does not know, or an option that the sampler
// does not have; smoothing steps with another sampler than DDIM are among them.
// kInvalidArgument: an option out of its range.
Result<std::unique_ptr<models::Sampler>> SamplerOf(const v1::JobSpec& job,
                                                   const models::NoiseScheduleConfig& schedule);

// What each ControlNet's residuals are multiplied with at step i of the n that run: its scale, or 0
// where i / n lies before its start or (i + 1) / n behind its end. An end of 0 counts as 1.
//
// scales: of the nets throughout, in the order of job.controls.
std::vector<double> ControlScalesAt(const v1::JobSpec& job,
                                    std::vector<double> scales,
                                    int i,
                                    int n);

}  // namespace weft::worker
