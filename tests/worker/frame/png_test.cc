#include "worker/frame/png.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

namespace weft {
namespace {

// Every byte differs from its neighbours, and some rows from those above by more than a byte holds.
Frame Uneven(int width, int height) {
  Frame frame{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i) {
    frame.rgb.push_back(static_cast<std::uint8_t>(i * 37 + i / (width * 3) * 130));
  }
  return frame;
}

TEST(Png, IsReadBackByAnotherLibraryAsItWas) {
  for (const auto& [width, height] : {std::pair{1, 1}, std::pair{7, 3}, std::pair{300, 41}}) {
    const Frame frame = Uneven(width, height);
    const auto bytes = EncodePng(frame);
    ASSERT_TRUE(bytes);
    const std::vector<std::uint8_t> buffer(bytes->begin(), bytes->end());
    const cv::Mat3b bgr = cv::imdecode(buffer, cv::IMREAD_COLOR);
    ASSERT_EQ(bgr.cols, width);
    ASSERT_EQ(bgr.rows, height);
    Frame read{width, height, {}};
    for (const cv::Vec3b& pixel : bgr) {
      read.rgb.insert(read.rgb.end(), {pixel[2], pixel[1], pixel[0]});
    }
    EXPECT_EQ(read, frame) << width << "x" << height;
  }
}

TEST(Png, RefusesAnEmptyFrame) {
  const auto bytes = EncodePng({});
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft
