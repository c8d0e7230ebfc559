#include "worker/media/scale.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "worker/media/ffmpeg.h"
#include "worker/media/rgb_conversion.h"

namespace weft::media {
namespace {

constexpr std::size_t kChannels = 3;

// swscale's vector code may touch bytes behind the last row.
constexpr std::size_t kPadding = 64;

struct Size {
  int width = 0;
  int height = 0;

  [[nodiscard]] std::size_t area() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

// The smallest size of the frame's aspect that covers `target`.
Size Covering(Size frame, Size target) {
  const std::int64_t by_width = std::int64_t{target.width} * frame.height;
  const std::int64_t by_height = std::int64_t{target.height} * frame.width;
  if (by_width >= by_height) {
    const auto height = static_cast<int>(av_rescale(frame.height, target.width, frame.width));
    return {target.width, std::max(target.height, height)};
  }
  const auto width = static_cast<int>(av_rescale(frame.width, target.height, frame.height));
  return {std::max(target.width, width), target.height};
}

Frame CroppedToCentre(const Frame& frame, Size target) {
  const auto left = static_cast<std::size_t>((frame.width - target.width) / 2);
  const auto top = static_cast<std::size_t>((frame.height - target.height) / 2);
  const std::size_t row_bytes = static_cast<std::size_t>(target.width) * kChannels;
  const std::size_t stride = static_cast<std::size_t>(frame.width) * kChannels;
  Frame cropped{target.width, target.height, {}};
  cropped.rgb.reserve(target.area() * kChannels);
  for (std::size_t y = 0; y < static_cast<std::size_t>(target.height); ++y) {
    const std::uint8_t* row = frame.rgb.data() + (top + y) * stride + left * kChannels;
    cropped.rgb.insert(cropped.rgb.end(), row, row + row_bytes);
  }
  return cropped;
}

// Channel by channel as grey pictures: swscale would take RGB through YUV and lose bits.
Result<Frame> Scaled(const Frame& frame, Size size) {
  const ScalerPtr scaler(sws_getContext(frame.width, frame.height, AV_PIX_FMT_GRAY8, size.width,
                                        size.height, AV_PIX_FMT_GRAY8, kScalerFlags, nullptr,
                                        nullptr, nullptr));
  if (!scaler) {
    return Failure(ErrorCode::kInvalidArgument, "cannot scale " + std::to_string(frame.width) +
                                                    "x" + std::to_string(frame.height) + " to " +
                                                    std::to_string(size.width) + "x" +
                                                    std::to_string(size.height));
  }
  const std::size_t source_area = Size{frame.width, frame.height}.area();
  std::vector<std::uint8_t> source(source_area + kPadding);
  std::vector<std::uint8_t> target(size.area() + kPadding);
  Frame scaled{size.width, size.height, std::vector<std::uint8_t>(size.area() * kChannels)};
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    for (std::size_t i = 0; i < source_area; ++i) {
      source[i] = frame.rgb[i * kChannels + channel];
    }
    const std::uint8_t* from[] = {source.data()};
    std::uint8_t* to[] = {target.data()};
    sws_scale(scaler.get(), from, &frame.width, 0, frame.height, to, &size.width);
    for (std::size_t i = 0; i < size.area(); ++i) {
      scaled.rgb[i * kChannels + channel] = target[i];
    }
  }
  return scaled;
}

Status CheckSizes(const Frame& frame, int width, int height) {
  if (width < 1 || height < 1 || frame.width < 1 || frame.height < 1) {
    return Failure(
        ErrorCode::kInvalidArgument,
        "a frame cannot be fitted to " + std::to_string(width) + "x" + std::to_string(height));
  }
  return {};
}

}  // namespace

Result<Frame> FitFrame(const Frame& frame, int width, int height) {
  WEFT_RETURN_IF_ERROR(CheckSizes(frame, width, height));
  if (frame.width == width && frame.height == height) {
    return frame;
  }
  const Size target{width, height};
  const Size covering = Covering({frame.width, frame.height}, target);
  if (covering.width == frame.width && covering.height == frame.height) {
    return CroppedToCentre(frame, target);
  }
  WEFT_ASSIGN_OR_RETURN(const Frame scaled, Scaled(frame, covering));
  return CroppedToCentre(scaled, target);
}

Result<Frame> StretchFrame(const Frame& frame, int width, int height) {
  WEFT_RETURN_IF_ERROR(CheckSizes(frame, width, height));
  if (frame.width == width && frame.height == height) {
    return frame;
  }
  return Scaled(frame, {width, height});
}

}  // namespace weft::media
