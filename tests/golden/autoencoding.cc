#include "tests/golden/autoencoding.h"

#include <ATen/ops/clamp.h>
#include <ATen/ops/exp.h>

namespace weft::golden {

Outputs EncodeImage(const models::Vae& vae, const at::Tensor& image, const at::Tensor& noise) {
  const at::Tensor moments = vae.Encode(image);
  const std::int64_t channels = moments.size(1) / 2;
  Outputs outputs;
  const at::Tensor mean = moments.narrow(1, 0, channels);
  const at::Tensor logvar = moments.narrow(1, channels, channels).clamp(-30.0, 20.0);
  outputs["out.mean"] = mean;
  outputs["out.logvar"] = logvar;
  outputs["out.sample_scaled"] =
      mean.add(logvar.mul(0.5).exp().mul(noise)).mul(vae.config.scaling_factor);
  return outputs;
}

Outputs DecodeLatents(const models::Vae& vae, const at::Tensor& latents) {
  const at::Device device = vae.decoder.conv_in.bias.device();
  const at::Tensor sample = vae.Decode(latents.to(device).div(vae.config.scaling_factor));
  return {{"out.sample", sample}, {"out.image01", sample.mul(0.5).add_(0.5).clamp_(0.0, 1.0)}};
}

}  // namespace weft::golden
