// ControlNetModel of diffusers: reads a control map, gives residuals for a UNet's skips.

#pragma once

#include <string>
#include <vector>

#include "worker/models/unet.h"

namespace weft::models {

struct ControlNet {
  UnetTrunk trunk;
  std::vector<Conv> condition;  // All but the last followed by SiLU.
  std::vector<Linear> down;     // 1 x 1, one for each skip.
  Linear mid;

  // What the control maps add behind conv_in: [maps, width, latent height, latent width].
  // maps: [maps, 3, height, width], 0..1, of the pictures' size.
  [[nodiscard]] at::Tensor Condition(const at::Tensor& maps) const;

  // Residuals, not yet scaled. input.joint is not used.
  // condition_there: of Condition(); one for every sample, or for every frame of a side.
  [[nodiscard]] Skips operator()(const UnetInput& input, const at::Tensor& condition_there) const;
};

// Errors as Weights::Finish().
Result<ControlNet> LoadControlNet(const ControlNetConfig& config, Weights weights);

}  // namespace weft::models
