// How well a clip is freed from flicker, where the truth is known.

#pragma once

#include <vector>

#include "worker/eval/motion.h"
#include "worker/frame/frame.h"

namespace weft::bench {

struct ClipScores {
  double psnr = 0;  // Mean of the frames' Psnr against the clean ones, dB.
  double ssim = 0;  // Mean of the frames' Ssim against the clean ones.
  // Between a frame and the one before it moved along the true motion, root of the mean square over
  // the pixels whose motion is known, mean over the pairs; 8-bit levels.
  double ewarp = 0;
  // How unsteady the brightness is: standard deviation of the change, from frame to frame, of the
  // mean level's difference to the clean frame; 8-bit levels.
  double gflick = 0;
  // Energy of the luma's gradient (Scharr) over the clean clip's. Blur lowers it; noise raises it.
  double sharpness = 0;
  // The clean clip's gradient as far as the clip's holds it (least squares): 1 where all the true
  // detail is there, whatever noise lies over it; less when it is blurred or out of its place.
  double detail = 0;
};

// motion: of frame 1 to frame 0, and so on.
// REQUIRES: as many frames as clean ones, of one size, at least two; motion for each but the first.
ClipScores ScoreClip(const std::vector<Frame>& frames,
                     const std::vector<Frame>& clean,
                     const std::vector<eval::Motion>& motion);

}  // namespace weft::bench
