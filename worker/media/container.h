// The files that Weft writes, by the end of their name.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/frame_sink.h"

namespace weft::media {

struct Container {
  const char* muxer = nullptr;  // FFmpeg's name of it.
  bool matroska = false;        // Otherwise of the MP4 family.
  AVRational finest{1, 1};      // Seconds: the smallest step of its time stamps, or one we choose.
};

// kInvalidArgument: not .mp4, .m4v, .mov or .mkv; says what to do.
Result<Container> ContainerOf(const std::string& output_path);

// kInvalidArgument: FFV1 goes into .mkv only.
Status CheckHolds(const Container& container, Codec codec, const std::string& output_path);

// kInvalidArgument: this container cannot hold such audio; says to use .mkv.
Status CheckHoldsAudio(const Container& container,
                       const AVCodecParameters& audio,
                       const std::string& output_path);

// How strictly a muxer that is given sound goes by its standard: FFmpeg calls FLAC and TrueHD in
// MP4 experimental, though its readers and others take them.
inline constexpr int kAudioCompliance = FF_COMPLIANCE_EXPERIMENTAL;

}  // namespace weft::media
