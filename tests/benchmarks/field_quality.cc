#include "tests/benchmarks/field_quality.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "tests/benchmarks/flow_file.h"
#include "worker/eval/mat.h"

namespace weft::bench {
namespace {

cv::Mat3b WithMargin(const Frame& frame, int margin) {
  cv::Mat3b larger;
  cv::copyMakeBorder(eval::ToMat(frame), larger, margin, margin, margin, margin,
                     cv::BORDER_REPLICATE);
  return larger;
}

}  // namespace

double PatchMse(const Frame& target, const Frame& source, const MatchField& field, int patch_size) {
  const cv::Mat3b targets = WithMargin(target, patch_size / 2);
  const cv::Mat3b sources = WithMargin(source, patch_size / 2);
  const cv::Size patch(patch_size, patch_size);
  double sum = 0;
  for (int y = 0; y < field.height; ++y) {
    for (int x = 0; x < field.width; ++x) {
      const Match& match = field.At(x, y);
      sum += cv::norm(targets(cv::Rect(cv::Point(x, y), patch)),
                      sources(cv::Rect(cv::Point(match.x, match.y), patch)), cv::NORM_L2SQR);
    }
  }
  return sum / (static_cast<double>(patch.area()) * static_cast<double>(target.rgb.size()));
}

double EndpointError(const MatchField& field, const cv::Mat2f& flow) {
  double sum = 0;
  std::int64_t count = 0;
  for (int y = 0; y < field.height; ++y) {
    for (int x = 0; x < field.width; ++x) {
      const cv::Vec2f& motion = flow(y, x);
      if (IsKnown(motion)) {
        const Match& match = field.At(x, y);
        const cv::Vec2d claim(match.x - x, match.y - y);
        sum += cv::norm(claim, cv::Vec2d(motion));
        ++count;
      }
    }
  }
  return sum / static_cast<double>(count);
}

double Unused(const MatchField& field) {
  std::vector<bool> used(field.matches.size());
  for (const Match& match : field.matches) {
    used[field.Index(match.x, match.y)] = true;
  }
  return static_cast<double>(std::count(used.begin(), used.end(), false)) /
         static_cast<double>(used.size());
}

}  // namespace weft::bench
