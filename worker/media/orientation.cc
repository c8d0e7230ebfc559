#include "worker/media/orientation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace weft::media {

Result<Orientation> OrientationOf(const AVStream& stream) {
  constexpr std::size_t kMatrixBytes = 9 * sizeof(std::int32_t);
  std::size_t size = 0;
  const std::uint8_t* matrix_bytes =
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (matrix_bytes == nullptr || size < kMatrixBytes) {
    return Orientation{};
  }
  // libavutil/display.h: (x, y) is shown at (a x + c y, b x + d y).
  std::int32_t matrix[9] = {};
  std::memcpy(matrix, matrix_bytes, kMatrixBytes);
  const std::int32_t a = matrix[0];
  const std::int32_t b = matrix[1];
  const std::int32_t c = matrix[3];
  const std::int32_t d = matrix[4];
  if (b == 0 && c == 0) {
    return Orientation{false, a < 0, d < 0};
  }
  if (a == 0 && d == 0) {
    return Orientation{true, c < 0, b < 0};
  }
  return Failure(ErrorCode::kUnsupported,
                 "is shown turned by something else than quarters; convert it to an upright video");
}

namespace {

// values: of a picture of `width` columns, shown in `shown`'s size.
template <typename Value>
std::vector<Value> Turned(const std::vector<Value>& values,
                          int width,
                          const Orientation& orientation,
                          const Frame& shown) {
  constexpr std::ptrdiff_t kPixel = 3;
  const std::ptrdiff_t source_row = kPixel * width;
  const std::ptrdiff_t step_x = orientation.transpose ? source_row : kPixel;
  const std::ptrdiff_t step_y = orientation.transpose ? kPixel : source_row;
  std::vector<Value> turned(values.size());
  if (values.empty()) {
    return turned;
  }
  auto to = turned.begin();
  for (std::ptrdiff_t y = 0; y < shown.height; ++y) {
    const std::ptrdiff_t from_y = orientation.flip_y ? shown.height - 1 - y : y;
    for (std::ptrdiff_t x = 0; x < shown.width; ++x) {
      const std::ptrdiff_t from_x = orientation.flip_x ? shown.width - 1 - x : x;
      to = std::copy_n(values.begin() + from_y * step_y + from_x * step_x, kPixel, to);
    }
  }
  return turned;
}

}  // namespace

Frame Oriented(Frame frame, const Orientation& orientation) {
  if (!orientation.transpose && !orientation.flip_x && !orientation.flip_y) {
    return frame;
  }
  Frame shown{frame.width, frame.height, {}};
  if (orientation.transpose) {
    std::swap(shown.width, shown.height);
  }
  shown.rgb = Turned(frame.rgb, frame.width, orientation, shown);
  shown.deep = Turned(frame.deep, frame.width, orientation, shown);
  return shown;
}

}  // namespace weft::media
