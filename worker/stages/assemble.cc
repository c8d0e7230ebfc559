// The finished file: all segments in order, with the source's audio and time stamps, and its seam
// report.

#include <utility>

#include "common/storage/look_place.h"
#include "common/storage/result_place.h"
#include "common/whole_file.h"
#include "common/wire/ids_wire.h"
#include "worker/media/frame_sink.h"
#include "worker/stages/blobs.h"
#include "worker/stages/look.h"
#include "worker/stages/seams.h"
#include "worker/stages/stage.h"

namespace weft::worker {

Result<v1::TaskResult> RunAssemble(const v1::Task& task, StageContext& context) {
  const v1::Clip& clip = task.clip();
  media::Assembly assembly{
      .output_path = task.job().output_path(),
      .source_path = task.job().input_path(),
      .source_frames = {clip.first_frame(), clip.first_frame() + clip.frame_count()},
      .segments = {},
      .frame_count = clip.frame_count(),
  };
  for (const v1::Input& input : task.inputs()) {
    if (input.name() != "segment") {
      continue;
    }
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    WEFT_ASSIGN_OR_RETURN(const Stage stage, FromWire(input.stage()));
    WEFT_ASSIGN_OR_RETURN(
        std::string segment,
        FetchInput(task, {stage, input.chunk(), input.round(), input.name()}, context.blobs));
    assembly.segments.push_back(std::move(segment));
  }
  WEFT_RETURN_IF_ERROR(media::Assemble(assembly));
  if (IsResultUrl(task.job().save_look_path())) {
    WEFT_ASSIGN_OR_RETURN(const std::string look,
                          FetchInput(task, {Stage::kAnchor, 0, 0, kLookOutput}, context.blobs));
    WEFT_RETURN_IF_ERROR(WriteWholeFile(LookBeside(task.job().output_path()), look));
  }
  v1::TaskResult result;
  result.set_frames(clip.frame_count());
  if (task.job().seam_report()) {
    WEFT_ASSIGN_OR_RETURN(*result.mutable_seams(), ReportSeams(task, context));
  }
  return result;
}

}  // namespace weft::worker
