// Pictures of latents without the autoencoder: good enough to watch a render appear.

#pragma once

#include <array>
#include <cstddef>

#include "common/result.h"
#include "worker/frame/frame.h"
#include "worker/frame/latents.h"
#include "worker/models/diffusion_model.h"

namespace weft::worker {

// A colour for each latent cell: a linear function of the cell's channels, fitted by least squares
// to what the model's own encoder makes of a picture of soft colours. So it suits every
// autoencoder, and equal models give equal pictures.
class PreviewMap {
 public:
  // Encodes one small picture. REQUIRES: latents of 4 channels.
  static Result<PreviewMap> Fit(models::DiffusionModel& model);

  // The first frame of `latents`, a pixel for each cell. REQUIRES: 4 channels, at least one frame.
  [[nodiscard]] Frame Picture(const Latents& latents) const;

 private:
  static constexpr std::size_t kChannels = 4;
  // Of red, green and blue: a factor for each channel, and what is added. Levels of 255.
  using Row = std::array<double, kChannels + 1>;

  std::array<Row, 3> rows_{};
};

}  // namespace weft::worker
