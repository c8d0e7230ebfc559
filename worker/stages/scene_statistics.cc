#include "worker/stages/scene_statistics.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

#include "common/plan/frames.h"
#include "common/plan/statistics.h"
#include "common/wire/ids_wire.h"
#include "worker/stages/blobs.h"
#include "worker/stages/job_clip.h"

namespace weft::worker {
namespace {

Error Damaged() {
  return {ErrorCode::kDataLoss,
          "stored figures are not those of the frames that they should be of"};
}

// Of each channel the frames' moments, in order.
using Channels = std::array<std::vector<Moments>, kMeasuredChannels>;

// Adds those of the chunk's frames that lie in `scene`.
Status Add(const std::string& blob, FrameRange chunk, FrameRange scene, Channels& channels) {
  v1::Statistics statistics;
  const std::uint64_t figures = std::uint64_t{chunk.size()} * kMeasuredChannels;
  if (!statistics.ParseFromString(blob) || statistics.channels() != kMeasuredChannels ||
      statistics.pixels() == 0 || static_cast<std::uint64_t>(statistics.sums_size()) != figures ||
      statistics.squares_size() != statistics.sums_size()) {
    return Failure(Damaged());
  }
  for (std::uint32_t frame = std::max(chunk.begin, scene.begin);
       frame < std::min(chunk.end, scene.end); ++frame) {
    for (int channel = 0; channel < kMeasuredChannels; ++channel) {
      const int place = static_cast<int>(frame - chunk.begin) * kMeasuredChannels + channel;
      channels.at(static_cast<std::size_t>(channel))
          .push_back(
              MomentsOf({statistics.sums(place), statistics.squares(place)}, statistics.pixels()));
    }
  }
  return {};
}

// What the scene's chunks have found under one name. Chunks come in order.
Result<v1::SceneStatistics> Join(const v1::Task& task, const std::string& name, BlobStore& blobs) {
  const FrameRange scene = ToRange(task.chunk().core());
  const Stage stage =
      task.attempt().task().stage() == v1::STAGE_FINISH ? Stage::kFinish : Stage::kAnnotate;
  const std::uint32_t length = task.job().chunk_frames();
  Channels channels;
  for (std::uint32_t chunk = scene.begin / length; chunk <= (scene.end - 1) / length; ++chunk) {
    WEFT_ASSIGN_OR_RETURN(const std::string blob,
                          FetchInput(task, {stage, chunk, kMeasureRound, name}, blobs));
    const FrameRange frames = {chunk * length,
                               std::min((chunk + 1) * length, task.clip().frame_count())};
    WEFT_RETURN_IF_ERROR(Add(blob, frames, scene, channels));
  }
  v1::SceneStatistics joint;
  for (const std::vector<Moments>& channel : channels) {
    const Moments average = Average(channel);
    joint.add_means(average.mean);
    joint.add_variances(average.variance);
  }
  return joint;
}

}  // namespace

void AddFrame(const std::vector<std::uint8_t>& values, v1::Statistics& statistics) {
  statistics.set_channels(kMeasuredChannels);
  statistics.set_pixels(values.size() / kMeasuredChannels);
  for (const ChannelSums& sums : SumsOf(values, kMeasuredChannels)) {
    statistics.add_sums(sums.sum);
    statistics.add_squares(sums.squares);
  }
}

std::vector<Moments> FrameMoments(const std::vector<std::uint8_t>& values) {
  std::vector<Moments> moments;
  for (const ChannelSums& sums : SumsOf(values, kMeasuredChannels)) {
    moments.push_back(MomentsOf(sums, values.size() / kMeasuredChannels));
  }
  return moments;
}

Result<v1::TaskResult> RunScene(const v1::Task& task, StageContext& context) {
  v1::TaskResult result;
  for (int number = 0; number < std::max(task.job().controls_size(), 1); ++number) {
    const std::string name = StatisticsName(number);
    const bool is_asked = std::any_of(task.inputs().begin(), task.inputs().end(),
                                      [&](const v1::Input& input) { return input.name() == name; });
    if (is_asked) {
      WEFT_ASSIGN_OR_RETURN(const v1::SceneStatistics joint, Join(task, name, context.blobs));
      WEFT_RETURN_IF_ERROR(
          StoreOutput(task, SceneName(number), joint.SerializeAsString(), context.blobs, &result));
    }
  }
  return result;
}

Result<SceneStatistics> SceneStatistics::Fetch(const v1::Task& task,
                                               Stage stage,
                                               int number,
                                               BlobStore& blobs) {
  const std::vector<std::uint32_t> starts = SceneStarts(task.clip());
  SceneStatistics all;
  for (const v1::Input& input : task.inputs()) {
    const std::string name = SceneName(number);
    if (input.stage() != ToWire(stage) || input.round() != kSceneRound || input.name() != name) {
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const std::string blob,
                          FetchInput(task, {stage, input.chunk(), kSceneRound, name}, blobs));
    v1::SceneStatistics joint;
    if (!joint.ParseFromString(blob) || joint.means_size() != kMeasuredChannels ||
        joint.variances_size() != kMeasuredChannels || input.chunk() >= starts.size()) {
      return Failure(Damaged());
    }
    std::vector<Moments>& moments = all.scenes_[starts[input.chunk()]];
    for (int channel = 0; channel < kMeasuredChannels; ++channel) {
      moments.push_back({joint.means(channel), joint.variances(channel)});
    }
  }
  return all.scenes_.empty() ? Result<SceneStatistics>(Failure(Damaged())) : std::move(all);
}

const std::vector<Moments>& SceneStatistics::Of(std::uint32_t frame) const {
  return std::prev(scenes_.upper_bound(frame))->second;
}

}  // namespace weft::worker
