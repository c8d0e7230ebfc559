// What Prometheus is told of this process itself.

#pragma once

#include <string>

namespace weft::coordinator {

// process_* by Prometheus' own names, and weft_build_info, in its text format. What the system does
// not tell is left out. Any thread.
//
// Source: prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics"; proc(5).
std::string ProcessMetricsText();

}  // namespace weft::coordinator
