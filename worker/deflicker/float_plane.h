// Pictures of one float a pixel, and what the registration of frames does with them.
//
// Every operation computes each pixel from its own inputs in a fixed order, without fused
// multiply-adds: the same bits on every processor.

#pragma once

#include <cstddef>
#include <vector>

#include "worker/deflicker/match_planes.h"

namespace weft::deflicker {

struct FloatPlane {
  FloatPlane() = default;
  FloatPlane(int columns, int rows, float value = 0)
      : width(columns),
        height(rows),
        values(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows), value) {}

  [[nodiscard]] float* Row(int y) { return values.data() + static_cast<std::ptrdiff_t>(y) * width; }
  [[nodiscard]] const float* Row(int y) const {
    return values.data() + static_cast<std::ptrdiff_t>(y) * width;
  }

  int width = 0;
  int height = 0;
  std::vector<float> values;  // [height, width]
};

// Two means, one after the other, over squares of 2 * radius + 1 pixels; the edge pixels are
// repeated beyond the edge. Close to a Gaussian of variance 2 radius (radius + 1) / 3.
FloatPlane Blurred(const FloatPlane& plane, int radius);

// Rec. 601 luma of planes R, G, B.
FloatPlane Luma(const MatchPlanes& planes);

// (p - mean) / (deviation + 6), times 40: what is left of a picture when its brightness and
// contrast around each pixel (a blur of variance 73) are taken out.
FloatPlane LocallyNormalized(const FloatPlane& plane);

// The same for each channel of a frame, plus 128, rounded and clamped to 0..255.
Frame LocallyNormalized(const Frame& frame);

// Where each pixel (x, y) of a target lies in a source: (x + dx, y + dy).
struct Flow {
  FloatPlane dx;
  FloatPlane dy;
};

// The plane seen through the flow, between pixels linear; the edge pixels are repeated.
FloatPlane WarpedLinear(const FloatPlane& plane, const Flow& flow);

// All three channels, between pixels cubic (Catmull-Rom); the margin's pixels count, further ones
// are taken at its edge. In levels of 0..255, also where the planes have 0..65535.
void WarpCubic(const MatchPlanes& planes, const Flow& flow, FloatPlane (*warped)[3]);
void WarpCubic(const DeepPlanes& planes, const Flow& flow, FloatPlane (*warped)[3]);

}  // namespace weft::deflicker
