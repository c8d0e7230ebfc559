// Control maps of a chunk's frames, an output "control/INDEX" for each of the job's controls.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "worker/annotate/soft_edge.h"
#include "worker/stages/blobs.h"
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

// A map of each control for `frame`.
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
    if (control.maps_path().empty()) {
      WEFT_ASSIGN_OR_RETURN(maps.emplace_back(), FromSource(control.kind(), source));
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const Frame map, ReadMap(control, task.clip(), frame, context.clip));
    maps.push_back(Coloured(Pad(map, task.clip())));
  }
  return maps;
}

}  // namespace

Result<v1::TaskResult> RunAnnotate(const v1::Task& task, StageContext& context) {
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
  for (std::size_t control = 0; control < maps.size(); ++control) {
    WEFT_RETURN_IF_ERROR(StoreOutput(task, "control/" + std::to_string(control),
                                     PackControls(maps[control]), context.blobs, &result));
  }
  result.set_frames(core.size());
  return result;
}

}  // namespace weft::worker
