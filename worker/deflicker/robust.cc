#include "worker/deflicker/robust.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "worker/deflicker/registration.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_vote.h"
#include "worker/deflicker/weighted_mean.h"

namespace weft::deflicker {
namespace {

// Found on clips with known truth (tests/benchmarks/README.md). A rendering that has to serve as
// its own guide is noisy: it needs larger patches and more damping, and is trusted less. Its
// weights follow what flickers, too, and must not carry it into the mean.
struct MatchSettings {
  int patch_size = 0;
  RegistrationOptions registration;
  float error_allowed = 0;  // The mean squared difference, in levels, that halves a weight.
  int base_radius = 0;      // Of BandedMean; 0: the mean has one band.
};
constexpr MatchSettings kGuided = {11, {3, 20, 3}, 60, 0};
constexpr MatchSettings kUnguided = {21, {6, 200, 3}, 40, 10};
constexpr RegistrationOptions kStyleRegistration = {4, 100, 2};

constexpr int kVoteRadius = 3;
constexpr float kOwnWeightMin = 0.05F;  // Of the target itself, where nothing matches.

Flow StillFlow(int width, int height) {
  return {FloatPlane(width, height), FloatPlane(width, height)};
}

// sum += factor * (a - b), for each axis.
void AddDifference(const FloatPlane& factor, const Flow& a, const Flow& b, Flow* sum) {
  for (std::size_t i = 0; i < factor.values.size(); ++i) {
    sum->dx.values[i] += factor.values[i] * (a.dx.values[i] - b.dx.values[i]);
    sum->dy.values[i] += factor.values[i] * (a.dy.values[i] - b.dy.values[i]);
  }
}

void Divide(const FloatPlane& divisor, Flow* flow) {
  for (std::size_t i = 0; i < divisor.values.size(); ++i) {
    flow->dx.values[i] = flow->dx.values[i] / divisor.values[i];
    flow->dy.values[i] = flow->dy.values[i] / divisor.values[i];
  }
}

void Subtract(const Flow& other, Flow* flow) {
  for (std::size_t i = 0; i < flow->dx.values.size(); ++i) {
    flow->dx.values[i] -= other.dx.values[i];
    flow->dy.values[i] -= other.dy.values[i];
  }
}

bool IsDeep(const RobustFrame& frame) {
  return frame.deep_style.Width() > 0;
}

// A frame of the window, as the target sees it.
struct Match {
  const RobustFrame* frame = nullptr;
  Flow flow;
  FloatPlane weights;
};

class TargetSmoothing {
 public:
  TargetSmoothing(const RobustFrame& target, const RobustOptions& options)
      : target_(target),
        options_(options),
        settings_(options.guided ? kGuided : kUnguided),
        width_(target.style.Width()),
        height_(target.style.Height()) {}

  Frame Run(const std::deque<RobustFrame>& window) {
    RegisterTo(FirstMean(window));
    const ColorPlanes mean =
        settings_.base_radius == 0
            ? MeanOfMatches(WeightedMean(width_, height_))
            : MeanOfMatches(BandedMean(width_, height_, settings_.base_radius));
    return IsDeep(target_) ? ToDeepPlanes(mean).ToFrame() : ToMatchPlanes(mean).ToFrame();
  }

 private:
  MatchPlanes FirstMean(const std::deque<RobustFrame>& window) {
    WeightedMean mean(width_, height_);
    const Registration guide(target_.normalized_guide, settings_.registration);
    const FloatPlane trust(width_, height_, 1);
    for (const RobustFrame& frame : window) {
      if (frame.number == target_.number) {
        continue;
      }
      const OffsetField field =
          FindTileField(frame.guides, target_.guides, {.patch_size = settings_.patch_size},
                        {options_.seed, frame.number, target_.number});
      Flow flow = guide.Refined(frame.normalized_guide, trust, SmoothFlow(field));
      FloatPlane weights = Weights(frame, flow);
      mean.Add(ToColorPlanes(Vote(frame.style, field, kVoteRadius)), weights);
      matches_.push_back({&frame, std::move(flow), std::move(weights)});
    }
    FloatPlane own = OwnWeights();
    mean.Add(ToColorPlanes(target_.style), own);
    matches_.push_back({&target_, StillFlow(width_, height_), std::move(own)});
    return ToMatchPlanes(mean.Take());
  }

  [[nodiscard]] FloatPlane Weights(const RobustFrame& frame, const Flow& flow) const {
    ColorPlanes seen(width_, height_);
    WarpCubic(frame.guides.front(), flow, &seen.channels);
    FloatPlane error(width_, height_);
    for (int channel = 0; channel < 3; ++channel) {
      for (int y = 0; y < height_; ++y) {
        const std::int16_t* const own = target_.guides.front().At(channel, 0, y);
        const float* const other = seen.channels[channel].Row(y);
        float* const errors = error.Row(y);
        for (int x = 0; x < width_; ++x) {
          const float difference = other[x] - static_cast<float>(own[x]);
          errors[x] += difference * difference / 3.0F;
        }
      }
    }
    FloatPlane weights = Blurred(error, 1);
    const auto distance = static_cast<float>(std::max(frame.number, target_.number) -
                                             std::min(frame.number, target_.number));
    const float nearness = 1.0F - distance / static_cast<float>(options_.window + 1);
    for (float& value : weights.values) {
      value = nearness / (1.0F + value / settings_.error_allowed);
    }
    return weights;
  }

  // The target itself counts as much as its best match, so that it neither flickers through where
  // all matches are fair, nor is lost where none is any good.
  [[nodiscard]] FloatPlane OwnWeights() const {
    FloatPlane weights(width_, height_, kOwnWeightMin);
    for (const Match& match : matches_) {
      for (std::size_t i = 0; i < weights.values.size(); ++i) {
        weights.values[i] = std::max(weights.values[i], match.weights.values[i]);
      }
    }
    return weights;
  }

  template <typename Mean>
  [[nodiscard]] ColorPlanes MeanOfMatches(Mean mean) const {
    ColorPlanes warped(width_, height_);
    for (const Match& match : matches_) {
      if (IsDeep(target_)) {
        WarpCubic(match.frame->deep_style, match.flow, &warped.channels);
      } else {
        WarpCubic(match.frame->style, match.flow, &warped.channels);
      }
      mean.Add(warped, match.weights);
    }
    return mean.Take();
  }

  void RegisterTo(const MatchPlanes& picture) {
    const Registration registration(LocallyNormalized(Luma(picture)), kStyleRegistration);
    Flow mean_correction = StillFlow(width_, height_);
    FloatPlane weights(width_, height_);
    for (Match& match : matches_) {
      const Flow before = std::move(match.flow);
      match.flow = registration.Refined(match.frame->normalized_style, match.weights, before);
      AddDifference(match.weights, match.flow, before, &mean_correction);
      for (std::size_t i = 0; i < weights.values.size(); ++i) {
        weights.values[i] += match.weights.values[i];
      }
    }
    Divide(weights, &mean_correction);
    for (Match& match : matches_) {
      Subtract(mean_correction, &match.flow);
    }
  }

  const RobustFrame& target_;
  const RobustOptions& options_;
  const MatchSettings& settings_;
  int width_;
  int height_;
  std::vector<Match> matches_;
};

}  // namespace

RobustFrame PrepareRobust(std::uint32_t number, const Frame* guide, const Frame& style) {
  RobustFrame frame;
  frame.number = number;
  frame.guides =
      MatchPyramid(guide == nullptr ? LocallyNormalized(style) : *guide, kPyramidSideMin);
  frame.style = MatchPlanes(style);
  if (!style.deep.empty()) {
    frame.deep_style = DeepPlanes(style);
  }
  frame.normalized_guide = LocallyNormalized(Luma(frame.guides.front()));
  frame.normalized_style = LocallyNormalized(Luma(frame.style));
  return frame;
}

Frame RobustSmoother::Smoothed(const std::deque<RobustFrame>& frames,
                               std::uint32_t target,
                               FrameRange window) const {
  return TargetSmoothing(frames[target - window.begin], options_).Run(frames);
}

}  // namespace weft::deflicker
