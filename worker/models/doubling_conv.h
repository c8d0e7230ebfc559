// "Twice as large by nearest neighbour, then a 3 x 3 convolution", as decoders grow their pictures,
// without the large picture in between.
//
// Of the nine cells that such a convolution reads, those that repeat one small cell can share one
// product with the sum of their weights. Each quarter of the output (rows even or odd, columns even
// or odd) so is a 2 x 2 convolution of the small picture: 16 products a small cell, not 36.

#pragma once

#include "worker/models/layers.h"

namespace weft::models {

struct DoublingConv {
  // [4 * out, in, 2, 2]: quarter 2 * (row is odd) + (column is odd) outermost.
  Conv quarters;

  [[nodiscard]] bool Exists() const { return quarters.Exists(); }

  // x: [batch, in, height, width]. Gives [batch, out, 2 * height, 2 * width], channels last, up to
  // rounding what `conv` of Doubling() gives for the doubled x.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
};

// conv: 3 x 3, stride 1, padding 1, not packed. Weights are summed in float32, whatever their type.
DoublingConv Doubling(const Conv& conv);

}  // namespace weft::models
