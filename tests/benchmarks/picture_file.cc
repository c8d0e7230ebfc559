#include "tests/benchmarks/picture_file.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "worker/eval/mat.h"

namespace weft::bench {

Result<Frame> ReadPicture(const std::string& path) {
  try {
    const cv::Mat3b bgr = cv::imread(path, cv::IMREAD_COLOR);
    if (bgr.empty()) {
      return Failure(ErrorCode::kInvalidArgument, "no picture: " + path);
    }
    cv::Mat3b rgb;
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    return eval::ToFrame(rgb);
  } catch (const cv::Exception& exception) {
    return Failure(ErrorCode::kInvalidArgument, path + ": " + exception.err);
  }
}

Status WritePicture(const Frame& frame, const std::string& path) {
  bool written = false;
  try {
    cv::Mat3b bgr;
    cv::cvtColor(eval::ToMat(frame), bgr, cv::COLOR_RGB2BGR);
    written = cv::imwrite(path, bgr);
  } catch (const cv::Exception&) {
    // An ending that names no format.
  }
  if (!written) {
    return Failure(ErrorCode::kPermissionDenied, "cannot write " + path);
  }
  return {};
}

}  // namespace weft::bench
