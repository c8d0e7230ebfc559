// What ZeroMQ and the machine take for the coordinator's conversation: a ROUTER that answers every
// message with one of an assignment's size, and does nothing else. The rest is the coordinator's.

#pragma once

#include "common/result.h"
#include "tests/benchmarks/farm/measure_farm.h"

namespace weft::bench {

// Workers over plain sockets, in one process, each waiting for an answer before it speaks again; of
// the order: workers, tasks, which here are answers, and curve. memory_bytes: the ROUTER's.
//
// kUnavailable: it took longer than ten minutes, or a process ended.
// Other errors: no processes or ports to be had.
Result<ThroughputFigures> MeasureRouter(const FarmOrder& order);

}  // namespace weft::bench
