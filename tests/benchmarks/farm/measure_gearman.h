// The same load on gearmand, which keeps its queue in memory: what a farm's rate is compared with.

#pragma once

#include <string>

#include "common/result.h"
#include "tests/benchmarks/farm/measure_farm.h"

namespace weft::bench {

// Background jobs of 100 bytes, submitted one by one over one connection that waits for no answer
// but keeps at most 500 unanswered; order.workers connections in one process, each of which does
// one job at a time. Nothing of it is durable.
// kUnavailable: gearmand ended, or it took longer than ten minutes.
Result<ThroughputFigures> MeasureGearman(const std::string& program, const FarmOrder& order);

}  // namespace weft::bench
