// Figures of frames, chunk by chunk, and of whole scenes: see common/plan/statistics.h.

#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/blob_store.h"
#include "common/ids.h"
#include "common/result.h"
#include "weft/v1/statistics.pb.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/statistics.h"
#include "worker/stages/stage.h"

namespace weft::worker {

// All that is measured has these: maps and pictures are RGB.
inline constexpr int kMeasuredChannels = 3;

// Adds a frame's. values: [pixels, 3], interleaved; of all frames as many.
void AddFrame(const std::vector<std::uint8_t>& values, v1::Statistics& statistics);

// One a channel. values: likewise.
std::vector<Moments> FrameMoments(const std::vector<std::uint8_t>& values);

// The task for a scene: joins what its chunks have found, frame by frame in their order.
// kDataLoss: what is stored are no figures of those frames.
Result<v1::TaskResult> RunScene(const v1::Task& task, StageContext& context);

// Of the scenes that the frames of a chunk's core belong to.
class SceneStatistics {
 public:
  // number: of the figures.  kDataLoss: what is stored are none.
  static Result<SceneStatistics> Fetch(const v1::Task& task,
                                       Stage stage,
                                       int number,
                                       BlobStore& blobs);

  // One a channel. REQUIRES: a frame of the chunk's core.
  [[nodiscard]] const std::vector<Moments>& Of(std::uint32_t frame) const;

 private:
  std::map<std::uint32_t, std::vector<Moments>> scenes_;  // By their first frame.
};

}  // namespace weft::worker
