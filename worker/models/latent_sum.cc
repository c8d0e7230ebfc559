#include "worker/models/latent_sum.h"

#include <cassert>

namespace weft::models {

Latents Sum(std::initializer_list<WeightedLatents> terms) {
  Latents sum = terms.begin()->latents;
  std::vector<double> exact(sum.values.size(), 0.0);
  for (const WeightedLatents& term : terms) {
    assert(term.latents.values.size() == exact.size());
    for (std::size_t i = 0; i < exact.size(); ++i) {
      exact[i] += term.weight * static_cast<double>(term.latents.values[i]);
    }
  }
  for (std::size_t i = 0; i < exact.size(); ++i) {
    sum.values[i] = static_cast<float>(exact[i]);
  }
  return sum;
}

void AddToEveryFrame(double weight, const std::vector<float>& noise, Latents& latents) {
  assert(noise.size() == latents.frame_size());
  for (std::size_t i = 0; i < latents.values.size(); ++i) {
    latents.values[i] = static_cast<float>(static_cast<double>(latents.values[i]) +
                                           weight * static_cast<double>(noise[i % noise.size()]));
  }
}

}  // namespace weft::models
