// How alike two clips look, whatever they show: statistics of colours and of textures, over all
// pixels of all frames.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>

#include "worker/frame/frame.h"

namespace weft::bench {

inline constexpr int kLookScales = 3;        // Each half as large as the one before.
inline constexpr int kLookOrientations = 4;  // Every 45 degrees.
inline constexpr int kLookFeatures = 32;     // Random filters.

struct LookStatistics {
  // Of each channel: which share of all values is 0, 1, … 255.
  std::array<std::array<double, 256>, 3> colours = {};
  // Of the luma's responses to even Gabor filters: root of the mean square, levels, and the fourth
  // moment over the second's square. Marginal statistics of oriented sub-bands describe a texture
  // (Heeger and Bergen, Pyramid-based texture analysis, 1995).
  std::array<std::array<double, kLookOrientations>, kLookScales> energies = {};
  std::array<std::array<double, kLookOrientations>, kLookScales> peaks = {};
  // Gram matrices of rectified random features of the colours, each channel at mean 0 and deviation
  // 1: which features come together (Gatys, Ecker and Bethge, Texture synthesis using convolutional
  // neural networks, 2015); random filters of one layer do as well as trained ones (Ustyuzhaninov
  // et al., What does it take to generate natural textures?, 2017).
  std::array<cv::Mat1d, kLookScales> grams;
};

// REQUIRES: frames of one size, at least one, no side below 48.
LookStatistics MeasureLook(const std::vector<Frame>& frames);

// 0: no difference.
struct LookDistance {
  double colour = 0;  // Earth mover's between histograms, mean of the channels, levels of 255.
  double energy = 0;  // Root of the mean square over sub-bands, in octaves.
  double peak = 0;    // The same of the peaks.
  // Norm of the Gram matrices' difference over the mean of their norms, mean of the scales.
  double gram = 0;
};

LookDistance CompareLooks(const LookStatistics& a, const LookStatistics& b);

}  // namespace weft::bench
