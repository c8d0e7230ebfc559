#include "tests/benchmarks/picture_size.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace weft::bench {
namespace {

// 0 where `text` is no number of pixels.
int SideOf(const std::string& text) {
  int side = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, side);
  return error == std::errc() && stop == end && side > 0 ? side : 0;
}

}  // namespace

Result<PictureSize> ReadSize(const std::string& text) {
  const std::size_t cross = text.find('x');
  const int width = SideOf(text.substr(0, cross));
  const int height = cross == std::string::npos ? width : SideOf(text.substr(cross + 1));
  if (width == 0 || height == 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   "--size must be WIDTHxHEIGHT, such as 512x512, or one number for both");
  }
  return PictureSize{width, height};
}

std::string NameOf(PictureSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

}  // namespace weft::bench
