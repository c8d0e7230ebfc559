// The finished file: all segments in order, with the source's audio and time stamps, and its seam
// report. Segments are fetched twice, one after the other, so that their number takes no memory.

#include <cstdint>
#include <string>
#include <vector>

#include "common/storage/look_place.h"
#include "common/storage/result_place.h"
#include "common/whole_file.h"
#include "worker/media/frame_sink.h"
#include "worker/stages/blobs.h"
#include "worker/stages/keys.h"
#include "worker/stages/look.h"
#include "worker/stages/seams.h"
#include "worker/stages/stage.h"

namespace weft::worker {

namespace {

// Of the inputs, those that the file is joined from.
std::vector<const v1::Input*> SegmentInputs(const v1::Task& task) {
  std::vector<const v1::Input*> segments;
  for (const v1::Input& input : task.inputs()) {
    if (input.name() == "segment") {
      segments.push_back(&input);
    }
  }
  return segments;
}

}  // namespace

Result<v1::TaskResult> RunAssemble(const v1::Task& task, StageContext& context) {
  const v1::Clip& clip = task.clip();
  const std::vector<const v1::Input*> segments = SegmentInputs(task);
  const auto read = [&](std::uint32_t number) -> Result<std::string> {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    return FetchInput(*segments.at(number), context.blobs);
  };
  const media::Assembly assembly{
      .output_path = task.job().output_path(),
      .source_path = task.job().input_path(),
      .source_frames = {clip.first_frame(), clip.first_frame() + clip.frame_count()},
      .segments = {static_cast<std::uint32_t>(segments.size()), read},
      .frame_count = clip.frame_count(),
      .source_colours = !TakesKeys(task.job()),  // Else the frames' values are the keys'.
  };
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
  } else {
    RemoveSeamReport(task, context);
  }
  return result;
}

}  // namespace weft::worker
