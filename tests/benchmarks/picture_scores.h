// How close one picture is to another.

#pragma once

#include "worker/frame/frame.h"

namespace weft::bench {

// dB over all values of all channels; 138 at most, for equal pictures.
// REQUIRES here and below: one size.
double Psnr(const Frame& a, const Frame& b);

// Structural similarity of the luma (Wang et al., Image Quality Assessment: From Error Visibility
// to Structural Similarity, 2004, eq. 13): Gaussian window of 11x11 with sigma 1.5, mean over every
// pixel, edges reflected.
double Ssim(const Frame& a, const Frame& b);

// Sums over the gradient of the luma, which is what a picture has in detail.
struct DetailSums {
  double own = 0;     // Squares of the picture's.
  double truth = 0;   // Squares of the true picture's.
  double shared = 0;  // Products of the two.
};

DetailSums CompareDetail(const Frame& picture, const Frame& truth);

}  // namespace weft::bench
