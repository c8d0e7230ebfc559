#include "worker/eval/flicker.h"

#include <algorithm>
#include <string>
#include <utility>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "worker/eval/mat.h"
#include "worker/eval/motion.h"

namespace weft::eval {
namespace {

bool SameSize(const Frame& frame, cv::Size size) {
  return frame.width == size.width && frame.height == size.height;
}

cv::Mat1b Grey(const cv::Mat3b& rgb) {
  cv::Mat1b grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

double MeanOfChannels(const cv::Scalar& means) {
  return (means[0] + means[1] + means[2]) / 3;
}

double MeanGradient(const cv::Mat1b& grey) {
  constexpr double kScharrGain = 32;
  cv::Mat1f x;
  cv::Mat1f y;
  cv::Scharr(grey, x, CV_32F, 1, 0, 1 / kScharrGain);
  cv::Scharr(grey, y, CV_32F, 0, 1, 1 / kScharrGain);
  cv::Mat1f magnitude;
  cv::magnitude(x, y, magnitude);
  return cv::mean(magnitude)[0];
}

// The sums behind FlickerFigures.
struct Sums {
  double warped_difference = 0;
  std::uint32_t warped_count = 0;  // Pairs that have a pixel whose motion is known.
  double plain_difference = 0;
  std::uint32_t pair_count = 0;
  double sharpness = 0;
  std::uint32_t frame_count = 0;

  void AddPair(const cv::Mat3b& before, const cv::Mat3b& now, const Motion& motion) {
    cv::Mat3b difference;
    cv::absdiff(now, before, difference);
    plain_difference += MeanOfChannels(cv::mean(difference));
    ++pair_count;
    if (cv::countNonZero(motion.known) > 0) {
      cv::absdiff(now, Warped(before, motion), difference);
      warped_difference += MeanOfChannels(cv::mean(difference, motion.known));
      ++warped_count;
    }
  }

  void AddFrame(const cv::Mat3b& frame) {
    sharpness += MeanGradient(Grey(frame));
    ++frame_count;
  }

  [[nodiscard]] FlickerFigures Figures() const {
    const auto mean = [](double sum, std::uint32_t count) { return count == 0 ? 0 : sum / count; };
    return {mean(warped_difference, warped_count), mean(plain_difference, pair_count),
            mean(sharpness, frame_count), pair_count};
  }
};

}  // namespace

struct FlickerMeter::State {
  MotionEstimator estimator;
  std::vector<Sums> sums;
  cv::Mat1b guide;  // The frames before; empty at first.
  std::vector<cv::Mat3b> clips;

  void Add(cv::Mat1b next_guide, std::vector<cv::Mat3b> next, bool starts_scene) {
    if (!guide.empty() && !starts_scene) {
      const Motion motion = estimator.Backward(guide, next_guide);
      for (std::size_t i = 0; i < next.size(); ++i) {
        sums[i].AddPair(clips[i], next[i], motion);
      }
    }
    for (std::size_t i = 0; i < next.size(); ++i) {
      sums[i].AddFrame(next[i]);
    }
    guide = std::move(next_guide);
    clips = std::move(next);
  }
};

FlickerMeter::FlickerMeter(std::size_t clip_count) : state_(std::make_unique<State>()) {
  state_->sums.resize(clip_count);
}

FlickerMeter::~FlickerMeter() = default;

Status FlickerMeter::Add(const Frame& guide, const std::vector<Frame>& frames, bool starts_scene) {
  const cv::Size size = state_->guide.empty() ? cv::Size(guide.width, guide.height)
                                              : cv::Size(state_->guide.cols, state_->guide.rows);
  bool fits = frames.size() == state_->sums.size() && SameSize(guide, size) && !guide.rgb.empty();
  for (const Frame& frame : frames) {
    fits = fits && SameSize(frame, size);
  }
  if (!fits) {
    return Failure(ErrorCode::kInvalidArgument,
                   "flicker is measured between frames of one size, one for every clip");
  }
  std::vector<cv::Mat3b> clips;
  clips.reserve(frames.size());
  for (const Frame& frame : frames) {
    clips.push_back(ToMat(frame));
  }
  try {
    state_->Add(Grey(ToMat(guide)), std::move(clips), starts_scene);
  } catch (const cv::Exception& exception) {
    return Failure(ErrorCode::kInvalidArgument,
                   "motion of frames of " + std::to_string(size.width) + "x" +
                       std::to_string(size.height) + " cannot be measured: " + exception.err);
  }
  return {};
}

std::vector<FlickerFigures> FlickerMeter::Figures() const {
  std::vector<FlickerFigures> figures;
  figures.reserve(state_->sums.size());
  for (const Sums& sums : state_->sums) {
    figures.push_back(sums.Figures());
  }
  return figures;
}

}  // namespace weft::eval
