#include "worker/eval/png_file.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "worker/eval/mat.h"

namespace weft::eval {
namespace {

Result<std::vector<std::uint8_t>> EncodePng(const Frame& frame) {
  std::vector<std::uint8_t> bytes;
  try {
    cv::Mat3b bgr;
    cv::cvtColor(ToMat(frame), bgr, cv::COLOR_RGB2BGR);
    cv::imencode(".png", bgr, bytes);
  } catch (const cv::Exception& exception) {
    return Failure(ErrorCode::kInvalidArgument, "not a picture: " + exception.err);
  }
  return bytes;
}

Status CannotWrite(const std::string& path, std::error_code why) {
  const ErrorCode code =
      why == std::errc::no_space_on_device ? ErrorCode::kNoSpace : ErrorCode::kPermissionDenied;
  return Failure(code, "cannot write " + path + ": " + why.message());
}

}  // namespace

Status WritePng(const Frame& frame, const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint8_t> bytes, EncodePng(frame));
  const std::string partial = path + ".partial";
  std::ofstream file(partial, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code ignored;
  if (!file) {
    const std::error_code why(errno, std::generic_category());
    std::filesystem::remove(partial, ignored);
    return CannotWrite(path, why);
  }
  std::error_code why;
  std::filesystem::rename(partial, path, why);
  if (why) {
    std::filesystem::remove(partial, ignored);
    return CannotWrite(path, why);
  }
  return {};
}

}  // namespace weft::eval
