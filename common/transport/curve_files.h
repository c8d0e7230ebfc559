// The options of a program that speaks over TCP: which files its keys are in.

#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "common/transport/zmq_transport.h"

namespace weft {

struct CurveFiles {
  std::string keys = {};    // Empty: no CURVE.
  std::string server = {};  // FILE.pub of the listener, for those who connect.
  std::string guests = {};  // Who may connect, for those who listen: see guest_list.h.
  bool plain_tcp = false;
};

// ZeroMQ's options with what the files hold.
// kInvalidArgument: other files without keys, or no keys in a file.
// Other errors: those of ReadCurveKeys() and ReadPublicHalf().
Result<ZmqOptions> OptionsWith(const CurveFiles& files);

}  // namespace weft
