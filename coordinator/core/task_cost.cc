#include "coordinator/core/task_cost.h"

#include <cmath>

namespace weft::coordinator {
namespace {

constexpr double kAnnotateFrame = 0.2;    // A small convolutional net.
constexpr double kAssembleFrame = 0.001;  // Packets are copied.

constexpr double kLossyBytesPerPixel = 0.15;    // H.264 at visually lossless quality.
constexpr double kLosslessBytesPerPixel = 1.5;  // FFV1 of photographic content.
constexpr double kDeepBytesPerPixel = 4.5;      // The same of means in 16 bits.

std::uint64_t Area(const v1::Size& size) {
  return std::uint64_t{size.width()} * size.height();
}

}  // namespace

TaskCost::TaskCost(const v1::JobSpec& spec, const v1::Clip& clip)
    : pass_count_(spec.guidance() == 1 ? 1 : 2),
      cells_(Area(clip.padded_size()) / (std::uint64_t{clip.vae_factor()} * clip.vae_factor())),
      padded_pixels_(Area(clip.padded_size())),
      pixels_(Area(clip.size())),
      controls_(static_cast<std::uint64_t>(spec.controls_size())),
      lossless_(spec.lossless()),
      deep_(spec.high_bit_depth()) {}

double TaskCost::AnnotateWork(std::uint32_t frames) const {
  return frames * kAnnotateFrame * static_cast<double>(controls_);
}

double TaskCost::AnchorWork(std::uint32_t anchors, const Round& round) const {
  return anchors * Evaluations(round) * pass_count_;
}

double TaskCost::DenoiseWork(double frames, const Round& round) const {
  return frames * Evaluations(round) * pass_count_;
}

double TaskCost::AssembleWork(std::uint32_t frames) const {
  return frames * kAssembleFrame;
}

std::uint64_t TaskCost::LatentBytes() const {
  constexpr std::uint64_t kChannels = 4;
  return kChannels * sizeof(float) * cells_;
}

std::uint64_t TaskCost::ControlBytes(const v1::Control& control) const {
  const bool grey = control.kind() == v1::CONTROL_KIND_SOFT_EDGE && control.maps_path().empty();
  return padded_pixels_ * (grey ? 1 : kRgb);
}

std::uint64_t TaskCost::EncodedBytes(bool lossless) const {
  const double exact = deep_ ? kDeepBytesPerPixel : kLosslessBytesPerPixel;
  const double per_pixel = lossless ? exact : kLossyBytesPerPixel;
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(pixels_) * per_pixel));
}

}  // namespace weft::coordinator
