// A plan for people and for programs.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/work_estimate.h"
#include "coordinator/core/chunk_plan.h"
#include "coordinator/core/exchange_choice.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

struct PlanReport {
  v1::JobSpec spec;
  v1::Clip clip;
  coordinator::JobPlan plan;
  std::uint32_t workers = 1;
  std::optional<coordinator::ExchangeChoice> exchange;  // Where frames attend jointly.
  WorkRates rates;
  std::vector<double> task_seconds;    // One a task of the plan; empty: nothing is estimated.
  std::optional<double> wall_seconds;  // With them.
};

// Tables of chunks, rounds and stages, ending with a line end. Of many chunks only the first are
// listed.
std::string PlanText(const PlanReport& report);

// One JSON object on one line, everything in it.
std::string PlanJson(const PlanReport& report);

}  // namespace weft::cli
