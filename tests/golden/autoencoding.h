// A VAE's outputs as the golden cases name them.

#pragma once

#include "tests/golden/golden_case.h"
#include "worker/models/vae.h"

namespace weft::golden {

// out.mean, out.logvar (clamped), and out.sample_scaled made with `noise`.
// image: [batch, 3, height, width], -1..1. noise: of the latents' shape.
Outputs EncodeImage(const models::Vae& vae, const at::Tensor& image, const at::Tensor& noise);

// out.sample and out.image01.  latents: as a sampler leaves them, times scaling_factor.
Outputs DecodeLatents(const models::Vae& vae, const at::Tensor& latents);

}  // namespace weft::golden
