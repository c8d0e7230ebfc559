// Decoded pictures into what a viewer sees: RGB, square pixels, upright.

#pragma once

#include <cstdint>

#include "common/result.h"
#include "worker/frame/frame.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/orientation.h"

namespace weft::media {

// How the frames of a clip are shown.
struct Presentation {
  int width = 0;  // With square pixels, before turning.
  int height = 0;
  Orientation orientation;

  [[nodiscard]] int shown_width() const { return orientation.transpose ? height : width; }
  [[nodiscard]] int shown_height() const { return orientation.transpose ? width : height; }
};

// pixel_aspect: width over height of a pixel; 0/1 when unknown.
// kInvalidArgument: the frame has an alpha channel, or a senseless size.  kUnsupported: see
// OrientationOf.
Result<Presentation> PresentationOf(const AVFrame& frame,
                                    AVRational pixel_aspect,
                                    const AVStream& stream);

// Converts with rounding, full chroma interpolation, and the matrix, range and chroma position that
// the frame names; an unnamed matrix is BT.709 for HD sizes and BT.601 for smaller ones.
class RgbConversion {
 public:
  enum class Depth { k8Bits, k16Bits };  // The latter fills Frame::deep.

  RgbConversion(const Presentation& presentation, Depth depth)
      : presentation_(presentation), depth_(depth) {}

  // kInvalidArgument: the frame has an alpha channel.
  // kUnsupported: a pixel format that cannot be converted.
  Result<Frame> Convert(const AVFrame& frame);

 private:
  Status Prepare(const AVFrame& frame);
  Result<Frame> Plain(const AVFrame& frame);
  Result<Frame> Deep(const AVFrame& frame);
  Status Scale(const AVFrame& frame, std::uint8_t* const* to, const int* strides);

  Presentation presentation_;
  Depth depth_;
  ScalerPtr scaler_;
  // What scaler_ was made for: a stream may change its mind.
  int width_ = 0;
  int height_ = 0;
  int format_ = AV_PIX_FMT_NONE;
  AVColorSpace matrix_ = AVCOL_SPC_UNSPECIFIED;
  AVColorRange range_ = AVCOL_RANGE_UNSPECIFIED;
};

// The flags that all of Weft's conversions use: best quality, the same bits on every machine.
inline constexpr int kScalerFlags =
    SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;

}  // namespace weft::media
