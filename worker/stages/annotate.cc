// Control maps of a chunk's frames, an output "control/INDEX" for each of the job's controls.

#include <string>
#include <utility>
#include <vector>

#include "worker/annotate/soft_edge.h"
#include "worker/stages/blobs.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

Result<ControlMap> MapOf(const v1::Control& control, Frame source) {
  if (!control.maps_path().empty()) {
    return Failure(ErrorCode::kUnsupported, "control: this version makes its maps from the source");
  }
  switch (control.kind()) {
    case v1::CONTROL_KIND_SOFT_EDGE:
      return annotate::SoftEdge(source);
    case v1::CONTROL_KIND_TILE:
      return ControlMap{source.width, source.height, 3, std::move(source.rgb)};
    default:
      return Failure(ErrorCode::kUnsupported,
                     "control: this version makes maps for softedge and tile only");
  }
}

}  // namespace

Result<v1::TaskResult> RunAnnotate(const v1::Task& task, StageContext& context) {
  const FrameRange core = ToRange(task.chunk().core());
  std::vector<std::vector<ControlMap>> maps(static_cast<std::size_t>(task.job().controls_size()));
  for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    WEFT_ASSIGN_OR_RETURN(const Frame source,
                          ReadFrame(task.job(), task.clip(), frame, context.clip));
    const Frame padded = Pad(source, task.clip());
    for (std::size_t net = 0; net < maps.size(); ++net) {
      WEFT_ASSIGN_OR_RETURN(maps[net].emplace_back(),
                            MapOf(task.job().controls(static_cast<int>(net)), padded));
    }
    context.moved(static_cast<double>(frame + 1 - core.begin) / core.size());
  }
  v1::TaskResult result;
  for (std::size_t net = 0; net < maps.size(); ++net) {
    WEFT_RETURN_IF_ERROR(StoreOutput(task, "control/" + std::to_string(net),
                                     PackControls(maps[net]), context.blobs, &result));
  }
  result.set_frames(core.size());
  return result;
}

}  // namespace weft::worker
