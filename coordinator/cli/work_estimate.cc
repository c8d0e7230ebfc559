#include "coordinator/cli/work_estimate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <queue>
#include <tuple>

#include "common/plan/deep_halo.h"
#include "common/plan/frames.h"
#include "common/plan/statistics.h"
#include "common/wire/attention_wire.h"
#include "coordinator/core/exchange_choice.h"

namespace weft::cli {
namespace {

using coordinator::JobPlan;
using coordinator::PlannedTask;
using coordinator::TaskPlace;

constexpr double kRemappedPixels = 1e6;
constexpr double kPlainPixels = 20e6;

// Work against the balanced mode's for one neighbour, as weft-bench deflicker measured it
// (tests/benchmarks/README.md).
constexpr double kAccurateNeighbour = 2;
constexpr double kRobustNeighbour = 1.7;
constexpr double kFastField = 0.3;
constexpr double kFastFieldsALevel = 3;  // Of its tree: from 10 to 12 fields with a window of 15.

// Of a frame that has so many neighbours in its window.
double SmoothingWork(v1::SmoothingMode mode, double neighbours) {
  switch (mode) {
    case v1::SMOOTHING_MODE_FAST:
      return kFastField * kFastFieldsALevel * std::log2(neighbours / 2 + 1);
    case v1::SMOOTHING_MODE_ROBUST:
      return kRobustNeighbour * neighbours;
    case v1::SMOOTHING_MODE_ACCURATE:
      return kAccurateNeighbour * neighbours;
    default:
      return neighbours;
  }
}

class TaskWork {
 public:
  TaskWork(const v1::JobSpec& spec,
           const v1::Clip& clip,
           const models::ModelCost& cost,
           const WorkRates& rates)
      : spec_(spec),
        clip_(clip),
        cost_(cost),
        rates_(rates),
        scene_starts_(clip.scene_starts().begin(), clip.scene_starts().end()),
        sides_(spec.guidance() == 1 ? 1 : 2),
        pixels_(static_cast<double>(clip.size().width()) * clip.size().height()) {}

  [[nodiscard]] double Seconds(const PlannedTask& task, const JobPlan& plan) const {
    switch (task.place.stage) {
      case Stage::kProbe:
        return Probe(task);
      case Stage::kAnnotate:
        return task.place.round == kSceneRound ? 0 : Plain(task.core.size());
      case Stage::kAnchor:
        return Anchor(task, plan.rounds);
      case Stage::kDenoise:
        return Denoise(task, plan.rounds[task.place.round]);
      case Stage::kFinish:
        return Finish(task);
      case Stage::kEncode:
        return Plain(task.core.size());
      case Stage::kAssemble:
        return 0;  // Packets are copied.
    }
    return 0;
  }

 private:
  // Only who reads frames has much to do.
  [[nodiscard]] double Probe(const PlannedTask& task) const {
    if (task.place.round == kProbePart) {
      return Plain(task.halo.size());
    }
    const bool reads_all = task.place.round == kProbeIndex && clip_.part_starts().empty();
    return reads_all ? Plain(clip_.frame_count()) : 0;
  }

  [[nodiscard]] double Arithmetic(double multiply_adds) const {
    return multiply_adds / rates_.multiply_adds_per_second;
  }

  [[nodiscard]] double Plain(double frames) const {
    return frames * pixels_ / rates_.plain_pixels_per_second;
  }

  // All ControlNets at an average step: some rest at the beginning or at the end.
  [[nodiscard]] double ControlNets() const {
    double sum = 0;
    const auto count =
        std::min(static_cast<std::size_t>(spec_.controls_size()), cost_.controlnet_steps.size());
    for (std::size_t i = 0; i < count; ++i) {
      const v1::Control& control = spec_.controls(static_cast<int>(i));
      const double end = control.end() == 0 ? 1 : control.end();
      sum += cost_.controlnet_steps[i] * (end - control.start());
    }
    return sum;
  }

  // UNet and ControlNets of one frame at one step, attending to `anchors` others.
  [[nodiscard]] double Step(double anchors) const {
    return sides_ * (cost_.unet_step + anchors * cost_.unet_step_anchor + ControlNets());
  }

  // Where img2img begins, the source is encoded.
  [[nodiscard]] double Start(double frames) const {
    return spec_.strength() < 1 ? frames * cost_.vae_encode : 0;
  }

  [[nodiscard]] double Anchor(const PlannedTask& task, const std::vector<Round>& rounds) const {
    const auto anchors = static_cast<double>(task.anchor_frames.size());
    double steps = 0;
    for (const Round& round : rounds) {
      steps += Evaluations(round);
    }
    return Arithmetic(anchors * steps * Step(1) + Start(anchors));
  }

  // Of the model's evaluations alone. A chunk computes its anchors' keys and values again at every
  // step.
  [[nodiscard]] double Evaluate(const PlannedTask& task, const Round& round) const {
    if (joint_) {
      std::vector<int> run(task.core.size());
      std::iota(run.begin(), run.end(), static_cast<int>(task.core.begin));
      const DeepHalo halo =
          DeepHaloOf(*joint_, run, static_cast<int>(clip_.frame_count()), Evaluations(round));
      return halo.passes * Step(0) + sides_ * halo.attended * cost_.unet_step_anchor;
    }
    const auto read = static_cast<double>(task.anchor_frames.size());
    const double attended = std::min<double>(read, spec_.anchors_attended());
    return Evaluations(round) * (task.core.size() * Step(attended) + read * Step(1));
  }

  [[nodiscard]] double Denoise(const PlannedTask& task, const Round& round) const {
    double multiply_adds = Evaluate(task, round);
    if (task.place.round == 0) {
      multiply_adds += Start(static_cast<double>(task.core.size() + task.context_frames.size()));
    }
    if (!round.smooth_step) {
      return Arithmetic(multiply_adds);
    }
    // Residual re-encoding encodes each frame as it was and as it was smoothed.
    multiply_adds += task.core.size() * (cost_.vae_decode + 2.0 * cost_.vae_encode);
    return Arithmetic(multiply_adds) + Smoothing(task.core);
  }

  [[nodiscard]] double Finish(const PlannedTask& task) const {
    if (spec_.steady_colours() && task.place.round != kMeasureRound) {
      return task.place.round == kSceneRound ? 0 : Plain(task.core.size());
    }
    if (spec_.kind() == v1::JOB_KIND_DEFLICKER) {
      const double clips = spec_.guide_path().empty() ? 1 : 2;
      return Plain(clips * task.halo.size() + task.core.size()) + Smoothing(task.core);
    }
    const bool smooths = spec_.final_pass() && spec_.window() > 0;
    // What chunks exchange are pictures; where they exchange nothing, each decodes what it reads.
    const FrameRange decoded = spec_.exchange() == v1::EXCHANGE_NONE ? task.halo : task.core;
    return Arithmetic(decoded.size() * cost_.vae_decode) + Plain(task.core.size()) +
           (smooths ? Smoothing(task.core) : 0);
  }

  [[nodiscard]] double Smoothing(FrameRange core) const {
    double remaps = 0;
    for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
      const FrameRange window =
          SmoothingWindow(frame, spec_.window(), scene_starts_, clip_.frame_count());
      remaps += SmoothingWork(spec_.smoothing_mode(), window.size() - 1);
    }
    return remaps * pixels_ / rates_.remapped_pixels_per_second;
  }

  const v1::JobSpec& spec_;
  const v1::Clip& clip_;
  const models::ModelCost& cost_;
  const WorkRates& rates_;
  const std::optional<FrameAttention> joint_ = JointAttentionOf(spec_);
  const std::vector<std::uint32_t> scene_starts_;
  const double sides_;   // Of classifier-free guidance.
  const double pixels_;  // Of one frame.
};

}  // namespace

WorkRates NominalRates(const v1::JobSpec& spec) {
  return {.multiply_adds_per_second = coordinator::NominalMultiplyAdds(spec),
          .remapped_pixels_per_second = kRemappedPixels,
          .plain_pixels_per_second = kPlainPixels};
}

bool IsEstimable(const v1::JobSpec& spec) {
  return spec.smoothing_mode() != v1::SMOOTHING_MODE_INTERPOLATE &&
         spec.smoothing_mode() != v1::SMOOTHING_MODE_PROPAGATE;
}

std::vector<double> TaskSeconds(const JobPlan& plan,
                                const v1::JobSpec& spec,
                                const v1::Clip& clip,
                                const models::ModelCost& cost,
                                const WorkRates& rates) {
  const TaskWork work(spec, clip, cost, rates);
  std::vector<double> seconds;
  for (const PlannedTask& task : plan.tasks) {
    seconds.push_back(work.Seconds(task, plan));
  }
  return seconds;
}

double WallSeconds(const JobPlan& plan, const std::vector<double>& seconds, std::uint32_t workers) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (std::uint32_t i = 0; i < workers; ++i) {
    free_at.push(0);
  }
  const auto key = [](const TaskPlace& place) {
    return std::make_tuple(place.stage, place.chunk, place.round);
  };
  std::map<std::tuple<Stage, std::uint32_t, std::uint32_t>, double> ends;
  double last = 0;
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const PlannedTask& task = plan.tasks[i];
    double start = std::max(free_at.top(), i == 0 ? 0 : ends[key(Before(i, plan).place)]);
    free_at.pop();
    for (const coordinator::PlannedInput& input : task.inputs) {
      start = std::max(start, ends[key(input.from)]);
    }
    const double end = start + seconds[i];
    ends[key(task.place)] = end;
    free_at.push(end);
    last = std::max(last, end);
  }
  return last;
}

}  // namespace weft::cli
