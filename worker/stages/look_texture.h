// The texture of a look: how strong detail is at each scale, so that a clip which takes over a look
// takes over its brush strokes as well as its colours, which are what attention carries.
//
// Latents are taken apart into bands of detail, for each channel ("à trous" wavelets with the B3
// spline: Holschneider et al. 1989), and each band is made about as strong as the look's, after
// Heeger and Bergen, "Pyramid-Based Texture Analysis/Synthesis" (1995). A frame's result depends on
// that frame and the look alone, in double precision and one order.
//
// Nothing here throws. Any thread.

#pragma once

#include <array>
#include <vector>

#include "worker/frame/latents.h"

namespace weft::worker {

inline constexpr int kTextureBands = 3;  // Of 1, 2 and 4 cells.

// Of one channel.
struct ChannelTexture {
  std::array<double, kTextureBands> strengths{};  // Root mean square of each band, finest first.
  double mean = 0;                                // Of all cells.
};

// Of each channel, over all frames. REQUIRES: at least one frame.
std::vector<ChannelTexture> TextureOf(const Latents& frames);

inline constexpr double kMeanShare = 0.25;

// Scales each frame's bands to the texture's, each at most to the double or the half: what is as
// good as flat, such as a sky, gets no strokes out of nothing. Bands overlap, so that the outcome
// is near the texture's but not the same. A channel's mean goes kMeanShare of the way. REQUIRES: as
// many channels in both.
void ApproachTexture(const std::vector<ChannelTexture>& texture, Latents& frames);

}  // namespace weft::worker
