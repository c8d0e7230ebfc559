#include "worker/media/deep_picture.h"

#include <array>
#include <cstddef>
#include <utility>

namespace weft::media {
namespace {

constexpr std::size_t kChannels = 3;
constexpr std::array<std::size_t, kChannels> kPlanes = {2, 0, 1};  // Of red, green and blue.

// visit(value of the picture, index of Frame::deep)
template <typename Visit>
void ForEachValue(const AVFrame& picture, const Visit& visit) {
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    const std::size_t plane = kPlanes.at(channel);
    std::size_t index = channel;
    for (int y = 0; y < picture.height; ++y) {
      std::uint8_t* const row = picture.data[plane] + std::ptrdiff_t{y} * picture.linesize[plane];
      auto* values = reinterpret_cast<std::uint16_t*>(row);
      for (int x = 0; x < picture.width; ++x, index += kChannels) {
        visit(values[x], index);
      }
    }
  }
}

}  // namespace

Result<FramePtr> NewPicture(AVPixelFormat format, int width, int height) {
  FramePtr picture = NewFrame();
  picture->format = format;
  picture->width = width;
  picture->height = height;
  if (const int status = av_frame_get_buffer(picture.get(), 0); status < 0) {
    return Failure(FfmpegError(status, "no memory for a frame"));
  }
  return picture;
}

Frame FromDeepPlanes(const AVFrame& picture) {
  Frame frame{picture.width, picture.height, {}};
  frame.deep.resize(kChannels * static_cast<std::size_t>(picture.width) *
                    static_cast<std::size_t>(picture.height));
  ForEachValue(picture, [&](std::uint16_t value, std::size_t index) { frame.deep[index] = value; });
  RoundTo8Bits(&frame);
  return frame;
}

void ToDeepPlanes(const Frame& frame, AVFrame& picture) {
  ForEachValue(picture,
               [&](std::uint16_t& value, std::size_t index) { value = frame.deep[index]; });
}

}  // namespace weft::media
