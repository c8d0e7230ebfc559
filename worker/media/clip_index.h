// Where every frame of a clip is, found once when the clip is opened.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/media/clip_decoder.h"
#include "worker/media/clip_times.h"
#include "worker/media/colour_tags.h"
#include "worker/media/rgb_conversion.h"

namespace weft::media {

struct ClipIndex {
  // Frames are known by their time stamps (`pts`, ascending) and can be reached from the restart
  // points (ascending). Otherwise time stamps or key frames of this file are not to be trusted: a
  // frame is known by its number, counted from the clip's start.
  bool seekable = false;
  std::vector<std::int64_t> pts;
  std::vector<RestartPoint> restarts;

  ClipTimes times;
  Presentation presentation;
  int bits = 8;  // ClipFacts::bits
  ColourTags colours;
  bool has_audio = false;
  std::uint32_t frames_missing = 0;  // ClipFacts::claimed_frames

  // The number of the frame with this time stamp. REQUIRES: seekable.
  [[nodiscard]] std::optional<std::uint32_t> NumberOf(std::int64_t frame_pts) const;

  // Where to start for `frame`, so that it comes out as if the clip was decoded from its start.
  // REQUIRES: seekable.
  [[nodiscard]] const RestartPoint& RestartFor(std::uint32_t frame) const;
};

// Reads all packets of the clip; when they tell frames apart beyond doubt (the container keeps
// exact time stamps, the codec has one shown frame a packet, and the first and the last frames
// decode as they say), that is the index. Otherwise the whole clip is decoded once. The errors are
// those of OpenClip (worker/media/frame_source.h).
Result<ClipIndex> IndexClip(const std::string& path);

}  // namespace weft::media
