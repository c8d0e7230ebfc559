// Pictures of 16 bits a channel as FFmpeg has them, and as a Frame.

#pragma once

#include <cstdint>

#include "common/result.h"
#include "worker/frame/frame.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {

// Planes of green, blue and red, in the machine's byte order: what swscale makes of YUV with full
// chroma, and FFV1 stores without loss.
inline constexpr AVPixelFormat kDeepFormat = AV_PIX_FMT_GBRP16;

// A picture of that format and size, its values not set.
// kResourceExhausted: no memory.
Result<FramePtr> NewPicture(AVPixelFormat format, int width, int height);

// REQUIRES: the picture has kDeepFormat.
Frame FromDeepPlanes(const AVFrame& picture);

// REQUIRES: the picture has kDeepFormat and the frame's size; the frame has `deep`.
void ToDeepPlanes(const Frame& frame, AVFrame& picture);

}  // namespace weft::media
