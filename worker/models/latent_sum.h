// Weighted sums of latents: what every sampler's step comes down to.

#pragma once

#include <initializer_list>
#include <vector>

#include "worker/frame/latents.h"

namespace weft::models {

struct WeightedLatents {
  double weight;
  const Latents& latents;
};

// Element by element, in float64, rounded once. REQUIRES: at least one term, all of one shape.
Latents Sum(std::initializer_list<WeightedLatents> terms);

// `latents` + weight * noise.  noise: as many values as one frame; every frame gets the same.
void AddToEveryFrame(double weight, const std::vector<float>& noise, Latents& latents);

}  // namespace weft::models
