#include "worker/eval/sheet.h"

#include <algorithm>
#include <cstddef>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "worker/eval/mat.h"

namespace weft::eval {
namespace {

constexpr int kGap = 4;           // Pixels between frames and around them.
constexpr int kLabelHeight = 22;  // Pixels, for the letters of kFontScale.
constexpr double kFontScale = 0.5;
constexpr int kBackground = 24;  // Grey levels.
constexpr int kLetters = 235;

Status CheckRows(const std::vector<SheetRow>& rows) {
  if (rows.empty() || rows.front().frames.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "a contact sheet needs at least one frame");
  }
  const Frame& first = rows.front().frames.front();
  for (const SheetRow& row : rows) {
    const bool same_sizes =
        std::all_of(row.frames.begin(), row.frames.end(), [&first](const Frame& frame) {
          return frame.width == first.width && frame.height == first.height;
        });
    if (row.frames.size() != rows.front().frames.size() || !same_sizes) {
      return Failure(ErrorCode::kInvalidArgument,
                     "contact sheet: row \"" + row.label +
                         "\" has not as many frames, or not of the size, of the first row");
    }
  }
  return {};
}

void DrawRow(const SheetRow& row, int top, cv::Mat3b* sheet) {
  const cv::Point baseline(kGap, top + kLabelHeight - 6);
  cv::putText(*sheet, row.label, baseline, cv::FONT_HERSHEY_SIMPLEX, kFontScale,
              cv::Scalar::all(kLetters), 1, cv::LINE_AA);
  int left = kGap;
  for (const Frame& frame : row.frames) {
    ToMat(frame).copyTo((*sheet)(cv::Rect(left, top + kLabelHeight, frame.width, frame.height)));
    left += frame.width + kGap;
  }
}

}  // namespace

Result<Frame> ComposeSheet(const std::vector<SheetRow>& rows) {
  WEFT_RETURN_IF_ERROR(CheckRows(rows));
  const Frame& first = rows.front().frames.front();
  const int column_width = first.width + kGap;
  const int row_height = kLabelHeight + first.height + kGap;
  cv::Mat3b sheet(static_cast<int>(rows.size()) * row_height,
                  static_cast<int>(rows.front().frames.size()) * column_width + kGap);
  sheet.setTo(cv::Scalar::all(kBackground));
  int top = 0;
  for (const SheetRow& row : rows) {
    DrawRow(row, top, &sheet);
    top += row_height;
  }
  return ToFrame(sheet);
}

std::vector<std::uint32_t> EvenlySpaced(std::uint32_t frame_count, std::uint32_t count) {
  const std::uint32_t columns = std::min(frame_count, count);
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < columns; ++i) {
    const std::uint64_t steps = std::max(1U, columns - 1);
    chosen.push_back(
        static_cast<std::uint32_t>((std::uint64_t{frame_count - 1} * i + steps / 2) / steps));
  }
  return chosen;
}

Result<Frame> SideBySide(const Frame& left, const Frame& right) {
  if (left.width != right.width || left.height != right.height || left.rgb.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "side by side: frames of different sizes");
  }
  cv::Mat3b both;
  cv::hconcat(ToMat(left), ToMat(right), both);
  cv::Mat3b even;
  cv::copyMakeBorder(both, even, 0, both.rows % 2, 0, 0, cv::BORDER_REPLICATE);
  return ToFrame(even);
}

}  // namespace weft::eval
