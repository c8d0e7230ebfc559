// How much rendered clips flicker: what changes between two frames beyond what the source's motion
// explains.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::eval {

// Means over frames; differences are in 8-bit levels, over the three channels.
struct FlickerFigures {
  // Between frame t and frame t-1 moved along the guide's motion, absolute, over the pixels whose
  // motion is known. Flicker; the source's own figure is what motion alone leaves.
  double warped_difference = 0;
  // Between frame t and frame t-1 as they are, absolute.
  double plain_difference = 0;
  // Gradient of the luma, levels per pixel. Blur lowers the differences too, but shows here.
  double sharpness = 0;
  // Pairs of frames behind the differences; pairs across a scene cut do not count.
  std::uint32_t pair_count = 0;
};

// Measures any number of clips against one guide, frame by frame. Used by one thread.
//
// Motion is dense optical flow (DIS, Kroeger et al. 2016) between the guide's frames, from t to
// t-1. It is known where the flow the other way agrees within a pixel and the place lies inside the
// frame.
class FlickerMeter {
 public:
  explicit FlickerMeter(std::size_t clip_count);
  FlickerMeter(const FlickerMeter&) = delete;
  FlickerMeter& operator=(const FlickerMeter&) = delete;
  ~FlickerMeter();

  // The next frame of the guide and of every clip, in the order of Figures(). Measure the guide
  // itself by passing its frame as a clip's too. kInvalidArgument: sizes differ from each other or
  // from the frames before, or there are fewer or more frames than clips; frames too small for
  // optical flow, which begins at 12 pixels.
  Status Add(const Frame& guide, const std::vector<Frame>& frames, bool starts_scene);

  // Of the frames so far, one for each clip.
  [[nodiscard]] std::vector<FlickerFigures> Figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;  // Holds OpenCV's types, which stay out of this header.
};

}  // namespace weft::eval
