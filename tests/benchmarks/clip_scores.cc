#include "tests/benchmarks/clip_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "tests/benchmarks/picture_scores.h"
#include "worker/eval/mat.h"

namespace weft::bench {
namespace {

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double StandardDeviation(const std::vector<double>& values) {
  const double mean = Mean(values);
  double squares = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

double MeanLevel(const Frame& frame) {
  return std::accumulate(frame.rgb.begin(), frame.rgb.end(), 0.0) /
         static_cast<double>(frame.rgb.size());
}

// 0 where no motion is known.
double WarpError(const Frame& before, const Frame& now, const eval::Motion& motion) {
  const cv::Mat3b warped = eval::Warped(eval::ToMat(before), motion);
  const int known = std::max(1, cv::countNonZero(motion.known));
  return std::sqrt(cv::norm(eval::ToMat(now), warped, cv::NORM_L2SQR, motion.known) /
                   (3.0 * known));
}

}  // namespace

ClipScores ScoreClip(const std::vector<Frame>& frames,
                     const std::vector<Frame>& clean,
                     const std::vector<eval::Motion>& motion) {
  std::vector<double> psnr;
  std::vector<double> ssim;
  std::vector<double> warp_errors;
  std::vector<double> offsets;  // Of the mean level from the clean frame's.
  std::vector<double> changes;  // From one offset to the next.
  DetailSums detail;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    psnr.push_back(Psnr(frames[i], clean[i]));
    ssim.push_back(Ssim(frames[i], clean[i]));
    offsets.push_back(MeanLevel(frames[i]) - MeanLevel(clean[i]));
    const DetailSums sums = CompareDetail(frames[i], clean[i]);
    detail = {detail.own + sums.own, detail.truth + sums.truth, detail.shared + sums.shared};
    if (i > 0) {
      warp_errors.push_back(WarpError(frames[i - 1], frames[i], motion[i - 1]));
      changes.push_back(offsets[i] - offsets[i - 1]);
    }
  }
  return {Mean(psnr),
          Mean(ssim),
          Mean(warp_errors),
          StandardDeviation(changes),
          detail.own / detail.truth,
          detail.shared / detail.truth};
}

}  // namespace weft::bench
