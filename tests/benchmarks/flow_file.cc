#include "tests/benchmarks/flow_file.h"

#include <cmath>

#include <opencv2/video/tracking.hpp>

namespace weft::bench {

bool IsKnown(const cv::Vec2f& motion) {
  constexpr float kKnownMax = 1e9F;
  // False for NaN too.
  return std::abs(motion[0]) <= kKnownMax && std::abs(motion[1]) <= kKnownMax;
}

Result<cv::Mat2f> ReadFlow(const std::string& path) {
  try {
    const cv::Mat2f flow = cv::readOpticalFlow(path);
    if (!flow.empty()) {
      return flow;
    }
  } catch (const cv::Exception&) {
    // A header that lies about the size.
  }
  return Failure(ErrorCode::kInvalidArgument, "no flow in the format .flo: " + path);
}

Status WriteFlow(const cv::Mat2f& flow, const std::string& path) {
  if (!cv::writeOpticalFlow(path, flow)) {
    return Failure(ErrorCode::kPermissionDenied, "cannot write " + path);
  }
  return {};
}

}  // namespace weft::bench
