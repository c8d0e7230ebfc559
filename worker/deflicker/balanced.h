// FastBlend's balanced and accurate modes (arXiv 2311.09265): a frame is the plain mean of what all
// frames of its window look like from its place. The two differ in what a match's style should look
// like: balanced, what the match itself makes of the source; accurate, the mean of all the window's
// frames seen from the target, and what their neighbours in time matched is tried too ("tracking").
//
// Both begin with the guides' own field, and heed the style on the finest level.

#pragma once

#include <cstdint>
#include <deque>

#include "common/plan/frames.h"
#include "worker/deflicker/match_frame.h"
#include "worker/deflicker/style_refinement.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

class BalancedSmoother {
 public:
  enum class Aim { kItself, kMean };  // balanced, accurate

  BalancedSmoother(const StyleOptions& options, Aim aim, std::uint64_t seed)
      : options_(options), aim_(aim), seed_(seed) {}

  // The frame `target`. REQUIRES: frames hold the window.
  [[nodiscard]] Frame Smoothed(const std::deque<MatchFrame>& frames,
                               std::uint32_t target,
                               FrameRange window) const;

 private:
  StyleOptions options_;
  Aim aim_;
  std::uint64_t seed_;
};

}  // namespace weft::deflicker
