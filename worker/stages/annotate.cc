// Control maps of a chunk's frames.

#include <vector>

#include "worker/annotate/soft_edge.h"
#include "worker/stages/blobs.h"
#include "worker/stages/stage.h"

namespace weft::worker {

Result<v1::TaskResult> RunAnnotate(const v1::Task& task, StageContext& context) {
  if (task.job().controls_size() != 1 ||
      task.job().controls(0).kind() != v1::CONTROL_KIND_SOFT_EDGE) {
    return Failure(ErrorCode::kUnsupported, "control: this version has softedge only, once");
  }
  const FrameRange core = ToRange(task.chunk().core());
  std::vector<ControlMap> controls;
  for (std::uint32_t frame = core.begin; frame < core.end; ++frame) {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    WEFT_ASSIGN_OR_RETURN(const Frame source,
                          ReadFrame(task.job(), task.clip(), frame, context.clip));
    controls.push_back(annotate::SoftEdge(Pad(source, task.clip())));
    context.moved(static_cast<double>(controls.size()) / core.size());
  }
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(
      StoreOutput(task, "control", PackControls(controls), context.blobs, &result));
  result.set_frames(core.size());
  return result;
}

}  // namespace weft::worker
