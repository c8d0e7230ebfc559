#include "common/transport/curve_files.h"

namespace weft {

Result<ZmqOptions> OptionsWith(const CurveFiles& files) {
  ZmqOptions options;
  options.plain_tcp = files.plain_tcp;
  if (files.keys.empty()) {
    if (!files.server.empty() || !files.guests.empty()) {
      return Failure(ErrorCode::kInvalidArgument, "public keys of others need keys of one's own");
    }
    return options;
  }
  CurveOptions& curve = options.curve.emplace();
  WEFT_ASSIGN_OR_RETURN(curve.keys, ReadCurveKeys(files.keys));
  if (!files.server.empty()) {
    WEFT_ASSIGN_OR_RETURN(curve.server, ReadPublicHalf(files.server));
  }
  curve.guests = files.guests;
  return options;
}

}  // namespace weft
