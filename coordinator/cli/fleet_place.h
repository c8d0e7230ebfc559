// Where a fleet's coordinator is, and by which keys it lets us in.
//
// Taken from the command line, else from the environment (WEFT_COORDINATOR, WEFT_KEYS,
// WEFT_SERVER_KEY), else from a client's file: $XDG_CONFIG_HOME/weft/client.yaml, which by default
// is ~/.config/weft/client.yaml:
//
//   coordinator: tcp://farm:7733
//   keys: /etc/weft/ada.key
//   server-key: /etc/weft/farm.pub

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/transport/curve_files.h"

namespace weft::cli {

struct FleetPlace {
  std::string coordinator;  // Address; empty: not said.
  CurveFiles curve;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// What the environment or the file say about fields that are empty.
// kInvalidArgument: the file makes no sense, with its line and column; or nobody says where the
// coordinator is.
Result<FleetPlace> CompletePlace(FleetPlace place, const Environment& environment);

}  // namespace weft::cli
