// Means of pictures with a weight for every pixel of each.
//
// Every operation computes each pixel from its own inputs in a fixed order: the same bits on every
// processor. Pictures and weights are [height, width]; levels are 0..255.

#pragma once

#include "worker/deflicker/float_plane.h"
#include "worker/deflicker/match_planes.h"

namespace weft::deflicker {

struct ColorPlanes {
  ColorPlanes(int width, int height)
      : channels{FloatPlane(width, height), FloatPlane(width, height), FloatPlane(width, height)} {}

  FloatPlane channels[3];  // R, G, B.
};

ColorPlanes ToColorPlanes(const MatchPlanes& planes);

// Rounded to nearest and clamped.
MatchPlanes ToMatchPlanes(const ColorPlanes& color);
DeepPlanes ToDeepPlanes(const ColorPlanes& color);  // 65535 for a level of 255.

class WeightedMean {
 public:
  WeightedMean(int width, int height) : sums_(width, height), weights_(width, height) {}

  // weights: at least 0.
  void Add(const ColorPlanes& picture, const FloatPlane& weights);

  // Ends the mean's use. REQUIRES: every pixel has some weight.
  [[nodiscard]] ColorPlanes Take();

 private:
  ColorPlanes sums_;
  FloatPlane weights_;
};

// A mean in two bands, as pictures are joined in mosaics (Burt and Adelson, "A multiresolution
// spline with application to image mosaics", 1983): detail by the weights as they are, what a blur
// leaves of a picture by weights blurred alike. Where weights change from one pixel to the next,
// pictures of different brightness leave no edge behind.
class BandedMean {
 public:
  // radius: of Blurred(), which parts the bands; at least 1.
  BandedMean(int width, int height, int radius)
      : radius_(radius),
        base_(width, height),
        base_weights_(width, height),
        detail_(width, height),
        weights_(width, height) {}

  // weights: above 0.
  void Add(const ColorPlanes& picture, const FloatPlane& weights);

  // As WeightedMean's.
  [[nodiscard]] ColorPlanes Take();

 private:
  int radius_;
  ColorPlanes base_;
  FloatPlane base_weights_;
  ColorPlanes detail_;
  FloatPlane weights_;
};

}  // namespace weft::deflicker
