#include "worker/eval/sheet.h"

#include <cassert>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace weft::eval {
namespace {

constexpr int kGap = 4;           // Pixels between frames.
constexpr int kLabelHeight = 24;  // Pixels above a row.

Frame Blank(int width, int height, std::uint8_t grey) {
  const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
  return {width, height, std::vector<std::uint8_t>(size, grey)};
}

cv::Mat View(Frame* frame) {
  return {frame->height, frame->width, CV_8UC3, frame->rgb.data()};
}

void Paste(const Frame& frame, int x, int y, Frame* sheet) {
  Frame copy = frame;
  View(&copy).copyTo(View(sheet)(cv::Rect(x, y, frame.width, frame.height)));
}

}  // namespace

Frame SideBySide(const Frame& left, const Frame& right) {
  Frame both = Blank(left.width + kGap + right.width, left.height, 0);
  Paste(left, 0, 0, &both);
  Paste(right, left.width + kGap, 0, &both);
  return both;
}

Frame ComposeSheet(const std::vector<SheetRow>& rows) {
  assert(!rows.empty() && !rows.front().frames.empty());
  const int width = rows.front().frames.front().width;
  const int height = rows.front().frames.front().height;
  const auto columns = static_cast<int>(rows.front().frames.size());
  const auto row_count = static_cast<int>(rows.size());
  Frame sheet = Blank(columns * (width + kGap) + kGap, row_count * (height + kLabelHeight) + kGap, 32);
  int y = 0;
  for (const SheetRow& row : rows) {
    cv::putText(View(&sheet), row.label, {kGap, y + kLabelHeight - 7}, cv::FONT_HERSHEY_SIMPLEX, 0.5,
                {230, 230, 230}, 1, cv::LINE_AA);
    y += kLabelHeight;
    int x = kGap;
    for (const Frame& frame : row.frames) {
      Paste(frame, x, y, &sheet);
      x += width + kGap;
    }
    y += height;
  }
  return sheet;
}

Status WritePng(const std::string& path, const Frame& frame) {
  Frame copy = frame;
  cv::Mat bgr;
  cv::cvtColor(View(&copy), bgr, cv::COLOR_RGB2BGR);
  try {
    if (cv::imwrite(path, bgr)) {
      return {};
    }
  } catch (const cv::Exception& exception) {
    return Failure(ErrorCode::kPermissionDenied, path + ": cannot be written: " + exception.err);
  }
  return Failure(ErrorCode::kPermissionDenied, path + ": cannot be written");
}

}  // namespace weft::eval
