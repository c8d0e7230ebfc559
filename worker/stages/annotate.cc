// Control maps of a chunk's frames, an output "control/INDEX" for each of the job's controls. Those
// whose mean is to be that of their scene are read and measured in a round of their own.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/statistics.h"
#include "worker/annotate/soft_edge.h"
#include "worker/stages/blobs.h"
#include "worker/stages/scene_statistics.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

ControlMap Coloured(Frame frame) {
  return {frame.width, frame.height, 3, std::move(frame.rgb)};
}

Result<ControlMap> FromSource(v1::ControlKind kind, const Frame& source) {
  switch (kind) {
    case v1::CONTROL_KIND_SOFT_EDGE:
      return annotate::SoftEdge(source);
    case v1::CONTROL_KIND_TILE:
      return Coloured(source);
    default:
      return Failure(ErrorCode::kInvalidArgument,
                     "control: only the maps of softedge and tile are made from the source; give "
                     "those of other kinds as a clip");
  }
}

bool NeedsSource(const v1::JobSpec& job) {
  return std::any_of(job.controls().begin(), job.controls().end(),
                     [](const v1::Control& control) { return control.maps_path().empty(); });
}

// From its own clip.
Result<ControlMap> MapAt(std::uint32_t frame,
                         const v1::Control& control,
                         const v1::Task& task,
                         StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(const Frame map, ReadMap(control, task.clip(), frame, context.clip));
  return Coloured(Pad(map, task.clip()));
}

// Of a control whose maps were measured: those of the core, each brought to its scene's mean.
Result<std::vector<ControlMap>> SteadyMaps(int control, const v1::Task& task, BlobStore& blobs) {
  const std::uint32_t chunk = task.chunk().index();
  const std::string name = ControlName(control);
  WEFT_ASSIGN_OR_RETURN(const std::string blob,
                        FetchInput(task, {Stage::kAnnotate, chunk, kMeasureRound, name}, blobs));
  WEFT_ASSIGN_OR_RETURN(std::vector<ControlMap> maps, UnpackControls(blob));
  WEFT_ASSIGN_OR_RETURN(const SceneStatistics scenes,
                        SceneStatistics::Fetch(task, Stage::kAnnotate, control, blobs));
  const FrameRange core = ToRange(task.chunk().core());
  if (maps.size() != core.size() || maps.front().channels != kMeasuredChannels) {
    return Failure(ErrorCode::kDataLoss, name + ": not the maps of the chunk");
  }
  for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
    std::vector<std::uint8_t>& values = maps[frame - core.begin].values;
    BringToMean(FrameMoments(values), scenes.Of(frame), &values);
  }
  return maps;
}

// A map of each control for `frame`, but for those that were measured: these are empty.
Result<std::vector<ControlMap>> MapsAt(std::uint32_t frame,
                                       const v1::Task& task,
                                       StageContext& context) {
  const v1::JobSpec& job = task.job();
  Frame source;
  if (NeedsSource(job)) {
    WEFT_ASSIGN_OR_RETURN(const Frame read, ReadFrame(job, task.clip(), frame, context.clip));
    source = Pad(read, task.clip());
  }
  std::vector<ControlMap> maps;
  for (const v1::Control& control : job.controls()) {
    ControlMap& map = maps.emplace_back();
    if (control.maps_path().empty()) {
      WEFT_ASSIGN_OR_RETURN(map, FromSource(control.kind(), source));
    } else if (!control.steady()) {
      WEFT_ASSIGN_OR_RETURN(map, MapAt(frame, control, task, context));
    }
  }
  return maps;
}

Result<v1::TaskResult> Measure(const v1::Task& task, StageContext& context) {
  const FrameRange core = ToRange(task.chunk().core());
  v1::TaskResult result;
  for (int number = 0; number < task.job().controls_size(); ++number) {
    const v1::Control& control = task.job().controls(number);
    std::vector<ControlMap> maps;
    v1::Statistics statistics;
    for (std::uint32_t frame = core.begin; frame < core.end && control.steady(); ++frame) {
      WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
      WEFT_ASSIGN_OR_RETURN(ControlMap map, MapAt(frame, control, task, context));
      AddFrame(map.values, statistics);
      maps.push_back(std::move(map));
    }
    if (!maps.empty()) {
      WEFT_ASSIGN_OR_RETURN(const std::string bytes, PackControls(maps));
      WEFT_RETURN_IF_ERROR(StoreOutput(task, ControlName(number), bytes, context.blobs, &result));
      WEFT_RETURN_IF_ERROR(StoreOutput(task, StatisticsName(number), statistics.SerializeAsString(),
                                       context.blobs, &result));
    }
    context.moved(static_cast<double>(number + 1) / task.job().controls_size());
  }
  result.set_frames(core.size());
  return result;
}

}  // namespace

Result<v1::TaskResult> RunAnnotate(const v1::Task& task, StageContext& context) {
  if (const std::uint32_t round = task.attempt().task().round(); round != 0) {
    return round == kSceneRound ? RunScene(task, context) : Measure(task, context);
  }
  const FrameRange core = ToRange(task.chunk().core());
  std::vector<std::vector<ControlMap>> maps(static_cast<std::size_t>(task.job().controls_size()));
  for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    WEFT_ASSIGN_OR_RETURN(std::vector<ControlMap> at_frame, MapsAt(frame, task, context));
    for (std::size_t control = 0; control < maps.size(); ++control) {
      maps[control].push_back(std::move(at_frame[control]));
    }
    context.moved(static_cast<double>(frame + 1 - core.begin) / core.size());
  }
  v1::TaskResult result;
  for (int control = 0; control < task.job().controls_size(); ++control) {
    std::vector<ControlMap>& own = maps[static_cast<std::size_t>(control)];
    if (task.job().controls(control).steady()) {
      WEFT_ASSIGN_OR_RETURN(own, SteadyMaps(control, task, context.blobs));
    }
    WEFT_ASSIGN_OR_RETURN(const std::string bytes, PackControls(own));
    WEFT_RETURN_IF_ERROR(StoreOutput(task, ControlName(control), bytes, context.blobs, &result));
  }
  result.set_frames(core.size());
  return result;
}

}  // namespace weft::worker
