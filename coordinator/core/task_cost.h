// What tasks cost: work for progress and estimates, bytes for `weft plan`. Rough on purpose: they
// steer a progress bar and a disk check, never a result.

#pragma once

#include <cstdint>

#include "common/plan/rounds.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// Work in units of one UNet pass over one frame. The other constants are that pass's rough
// multiples for a Stable Diffusion v1 model.
class TaskCost {
 public:
  TaskCost(const v1::JobSpec& spec, const v1::Clip& clip);

  static constexpr double kProbeWork = 1;  // Without reading the frames.
  static double ReadWork(std::uint32_t frames) { return kReadFrame * frames; }
  [[nodiscard]] double AnnotateWork(std::uint32_t frames) const;
  [[nodiscard]] double AnchorWork(std::uint32_t anchors, const Round& round) const;
  // frames: that pass through the UNet in a step.
  [[nodiscard]] double DenoiseWork(double frames, const Round& round) const;
  // decoded: frames that the task decodes itself.
  static double DecodeWork(std::size_t decoded) {
    return kDecodeFrame * static_cast<double>(decoded);
  }
  // Without decoding.
  static double SmoothWork(std::uint32_t frames) { return kSmoothFrame * frames; }
  static double EncodeWork(std::uint32_t frames) { return kEncodeFrame * frames; }
  [[nodiscard]] double AssembleWork(std::uint32_t frames) const;

  // One frame's latent, and x0 likewise: 4 channels of float32.
  [[nodiscard]] std::uint64_t LatentBytes() const;
  // One frame's map of one control: a byte a pixel for soft edges of the source, else RGB.
  [[nodiscard]] std::uint64_t ControlBytes(const v1::Control& control) const;
  // One small picture of a chunk: a pixel for each cell.
  [[nodiscard]] std::uint64_t PreviewBytes() const { return kRgb * cells_; }
  // One decoded frame.
  [[nodiscard]] std::uint64_t PictureBytes() const { return kRgb * padded_pixels_; }
  // One encoded frame of the file, and as it is kept until the file is encoded.
  [[nodiscard]] std::uint64_t SegmentBytes() const { return EncodedBytes(lossless_); }
  [[nodiscard]] std::uint64_t RunBytes() const { return EncodedBytes(true); }

 private:
  [[nodiscard]] std::uint64_t EncodedBytes(bool lossless) const;

  static constexpr std::uint64_t kRgb = 3;
  static constexpr double kReadFrame = 0.05;
  static constexpr double kDecodeFrame = 1;     // The autoencoder's decoder.
  static constexpr double kSmoothFrame = 3;     // PatchMatch with the neighbours, encode twice.
  static constexpr double kEncodeFrame = 0.05;  // The encoder of segments.

  double pass_count_;  // UNet passes of one step: 2 with classifier-free guidance.
  std::uint64_t cells_;
  std::uint64_t padded_pixels_;
  std::uint64_t pixels_;
  std::uint64_t controls_;
  bool lossless_;
  bool deep_;  // Frames of a high bit depth.
};

}  // namespace weft::coordinator
