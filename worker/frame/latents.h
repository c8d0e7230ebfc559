// Latents of some frames: float32 whatever type the model computes in, so that storing and passing
// them on changes nothing.

#pragma once

#include <cstddef>
#include <vector>

namespace weft {

struct Latents {
  int frames = 0;
  int channels = 0;  // 4 in Stable Diffusion 1.x.
  int height = 0;    // Latent cells: pixels / VAE factor.
  int width = 0;
  std::vector<float> values;  // [frames, channels, height, width], times the VAE's scaling_factor.

  // Values of one frame.
  [[nodiscard]] std::size_t frame_size() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
           static_cast<std::size_t>(width);
  }

  friend bool operator==(const Latents& a, const Latents& b) {
    return a.frames == b.frames && a.channels == b.channels && a.height == b.height &&
           a.width == b.width && a.values == b.values;
  }
};

}  // namespace weft
