// The farm's numbers for Prometheus.

#pragma once

#include <string>

#include "weft/v1/view.pb.h"

namespace weft::coordinator {

// Text format 0.0.4. No label holds an id: their number is that of states and kinds of devices.
std::string MetricsText(const v1::FarmStatus& status);

}  // namespace weft::coordinator
