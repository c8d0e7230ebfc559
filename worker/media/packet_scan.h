// What a clip's packets say about its frames, without decoding any.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/media/clip_decoder.h"

namespace weft::media {

struct PacketScan {
  std::vector<std::int64_t> pts;       // Of the frames shown, ascending; stream time base.
  std::int64_t last_duration = 0;      // Of the last one; 0 when unknown.
  std::vector<RestartPoint> restarts;  // Ascending, at least one.
  std::uint32_t packets_promised = 0;  // ClipFile::PacketsPromised()
};

// Whether the container has an exact time stamp and a key-frame flag for every packet.
bool IsExactContainer(const ClipFile& file);

// Nothing when the packets cannot tell frames apart beyond doubt: the container keeps no exact time
// stamps, the codec does not have one shown frame a packet, a packet is damaged, or time stamps are
// missing or doubled. The errors are those of OpenClip (worker/media/frame_source.h).
Result<std::optional<PacketScan>> ScanPackets(const std::string& path);

}  // namespace weft::media
