#include "worker/media/rgb_conversion.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "worker/media/deep_picture.h"

namespace weft::media {
namespace {

constexpr int kSideMax = 16384;

Status RefuseAlpha(const AVPixFmtDescriptor& format) {
  // Palettes are marked as alpha because they could hold some.
  const bool palette = (format.flags & AV_PIX_FMT_FLAG_PAL) != 0;
  if ((format.flags & AV_PIX_FMT_FLAG_ALPHA) != 0 && !palette) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string("the video has transparency (an alpha channel, pixel format ") +
                       format.name + "), which Weft would lose; put it on a background first");
  }
  return {};
}

const int* MatrixOf(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
      return sws_getCoefficients(SWS_CS_ITU709);
    case AVCOL_SPC_FCC:
      return sws_getCoefficients(SWS_CS_FCC);
    case AVCOL_SPC_SMPTE240M:
      return sws_getCoefficients(SWS_CS_SMPTE240M);
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return sws_getCoefficients(SWS_CS_BT2020);
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return sws_getCoefficients(SWS_CS_ITU601);
    default:
      // The rule of most players.
      return sws_getCoefficients(frame.width >= 1280 || frame.height > 576 ? SWS_CS_ITU709
                                                                           : SWS_CS_ITU601);
  }
}

bool IsFullRange(const AVFrame& frame, const AVPixFmtDescriptor& format) {
  if (frame.color_range != AVCOL_RANGE_UNSPECIFIED) {
    return frame.color_range == AVCOL_RANGE_JPEG;
  }
  const bool grey = format.nb_components == 1 && (format.flags & AV_PIX_FMT_FLAG_PAL) == 0;
  return grey || std::string(format.name).rfind("yuvj", 0) == 0;
}

// swscale counts chroma positions in 1/256 of a luma pixel from the upper left one; it takes them
// only for directions in which chroma is subsampled.
void SetChromaPosition(SwsContext* scaler,
                       AVChromaLocation location,
                       const AVPixFmtDescriptor& format) {
  const bool centre_x = location == AVCHROMA_LOC_CENTER || location == AVCHROMA_LOC_TOP ||
                        location == AVCHROMA_LOC_BOTTOM;
  const bool top = location == AVCHROMA_LOC_TOPLEFT || location == AVCHROMA_LOC_TOP;
  if (format.log2_chroma_w == 1) {
    av_opt_set_int(scaler, "src_h_chr_pos", centre_x ? 128 : 0, 0);
  }
  if (format.log2_chroma_h == 1) {
    av_opt_set_int(scaler, "src_v_chr_pos", top ? 0 : 128, 0);
  }
}

}  // namespace

Result<Presentation> PresentationOf(const AVFrame& frame,
                                    AVRational pixel_aspect,
                                    const AVStream& stream) {
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (format == nullptr) {
    return Failure(ErrorCode::kUnsupported, "an unknown pixel format");
  }
  WEFT_RETURN_IF_ERROR(RefuseAlpha(*format));
  std::int64_t width = frame.width;
  std::int64_t height = frame.height;
  // The side that is too short grows, so that no detail is lost.
  if (pixel_aspect.num > pixel_aspect.den && pixel_aspect.den > 0) {
    width = av_rescale(width, pixel_aspect.num, pixel_aspect.den);
  } else if (pixel_aspect.num < pixel_aspect.den && pixel_aspect.num > 0) {
    height = av_rescale(height, pixel_aspect.den, pixel_aspect.num);
  }
  if (width < 1 || height < 1 || width > kSideMax || height > kSideMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "frames of " + std::to_string(width) + "x" + std::to_string(height) +
                       " pixels; Weft takes up to " + std::to_string(kSideMax) + " a side");
  }
  WEFT_ASSIGN_OR_RETURN(const Orientation orientation, OrientationOf(stream));
  return Presentation{static_cast<int>(width), static_cast<int>(height), orientation};
}

Status RgbConversion::Prepare(const AVFrame& frame) {
  if (scaler_ && frame.width == width_ && frame.height == height_ && frame.format == format_ &&
      frame.colorspace == matrix_ && frame.color_range == range_) {
    return {};
  }
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (format == nullptr || sws_isSupportedInput(static_cast<AVPixelFormat>(frame.format)) == 0) {
    return Failure(ErrorCode::kUnsupported,
                   std::string("the pixel format ") +
                       (format != nullptr ? format->name : "unknown") +
                       " cannot be converted to RGB; convert the video to H.264 first");
  }
  WEFT_RETURN_IF_ERROR(RefuseAlpha(*format));
  scaler_.reset(sws_alloc_context());
  if (!scaler_) {
    return Failure(ErrorCode::kResourceExhausted, "no memory for a colour conversion");
  }
  av_opt_set_int(scaler_.get(), "srcw", frame.width, 0);
  av_opt_set_int(scaler_.get(), "srch", frame.height, 0);
  av_opt_set_int(scaler_.get(), "src_format", frame.format, 0);
  av_opt_set_int(scaler_.get(), "dstw", presentation_.width, 0);
  av_opt_set_int(scaler_.get(), "dsth", presentation_.height, 0);
  av_opt_set_int(scaler_.get(), "dst_format",
                 depth_ == Depth::k16Bits ? kDeepFormat : AV_PIX_FMT_RGB24, 0);
  av_opt_set_int(scaler_.get(), "sws_flags", kScalerFlags, 0);
  SetChromaPosition(scaler_.get(), frame.chroma_location, *format);
  if (const int status = sws_init_context(scaler_.get(), nullptr, nullptr); status < 0) {
    scaler_.reset();
    return Failure(FfmpegError(status, std::string("cannot convert ") + format->name + " to RGB"));
  }
  // Refused where there is no matrix to choose, as from RGB to RGB.
  constexpr int kNeutral = 1 << 16;
  sws_setColorspaceDetails(scaler_.get(), MatrixOf(frame), IsFullRange(frame, *format) ? 1 : 0,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kNeutral, kNeutral);
  width_ = frame.width;
  height_ = frame.height;
  format_ = frame.format;
  matrix_ = frame.colorspace;
  range_ = frame.color_range;
  return {};
}

Result<Frame> RgbConversion::Convert(const AVFrame& frame) {
  WEFT_RETURN_IF_ERROR(Prepare(frame));
  Result<Frame> picture = depth_ == Depth::k16Bits ? Deep(frame) : Plain(frame);
  return picture ? Oriented(*std::move(picture), presentation_.orientation) : picture;
}

Result<Frame> RgbConversion::Plain(const AVFrame& frame) {
  const int stride = presentation_.width * 3;
  Frame picture{presentation_.width, presentation_.height, {}};
  // swscale's vector code may touch bytes behind the last row.
  constexpr std::size_t kPadding = 64;
  const std::size_t bytes =
      static_cast<std::size_t>(stride) * static_cast<std::size_t>(presentation_.height);
  picture.rgb.resize(bytes + kPadding);
  std::uint8_t* planes[] = {picture.rgb.data()};
  const int strides[] = {stride};
  WEFT_RETURN_IF_ERROR(Scale(frame, planes, strides));
  picture.rgb.resize(bytes);
  return picture;
}

Result<Frame> RgbConversion::Deep(const AVFrame& frame) {
  WEFT_ASSIGN_OR_RETURN(const FramePtr planes,
                        NewPicture(kDeepFormat, presentation_.width, presentation_.height));
  WEFT_RETURN_IF_ERROR(Scale(frame, planes->data, planes->linesize));
  return FromDeepPlanes(*planes);
}

Status RgbConversion::Scale(const AVFrame& frame, std::uint8_t* const* to, const int* strides) {
  const int rows =
      sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, to, strides);
  if (rows != presentation_.height) {
    return Failure(ErrorCode::kInternal, "a decoded frame could not be converted to RGB");
  }
  return {};
}

}  // namespace weft::media
