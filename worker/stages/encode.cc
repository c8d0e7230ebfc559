// One group of pictures of the finished file: frames of several chunks, which these have stored
// without loss, encoded together. Where groups begin depends on the clip alone, and so does the
// file.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "common/plan/picture_runs.h"
#include "worker/media/frame_sink.h"
#include "worker/media/segment_reader.h"
#include "worker/stages/blobs.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/segment_format.h"
#include "worker/stages/stage.h"

namespace weft::worker {

Result<v1::TaskResult> RunEncode(const v1::Task& task, StageContext& context) {
  const FrameRange group = ToRange(task.chunk().core());
  const std::uint32_t chunk_frames = task.job().chunk_frames();
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSink> segment,
                        media::OpenSegment(FormatOf(media::Codec::kH264, task.job(), task.clip())));
  std::uint32_t done = 0;
  const auto write = [&](const Frame& frame) -> Status {
    WEFT_RETURN_IF_ERROR(segment->Write(frame));
    context.moved(static_cast<double>(++done) / group.size());
    return CheckAbandoned(context);
  };
  for (std::uint32_t begin = group.begin; begin < group.end;) {
    const std::uint32_t chunk = begin / chunk_frames;
    const FrameRange part = {begin, std::min((chunk + 1) * chunk_frames, group.end)};
    for (const FrameRange run : PictureRuns(part, {group})) {
      WEFT_ASSIGN_OR_RETURN(
          const std::string pictures,
          FetchInput(task, {Stage::kFinish, chunk, 0, RunName(run)}, context.blobs));
      WEFT_RETURN_IF_ERROR(media::ReadSegment(pictures, run.size(), write));
    }
    begin = part.end;
  }
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, segment->Finish());
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(StoreOutput(task, "segment", bytes, context.blobs, &result));
  result.set_frames(group.size());
  return result;
}

}  // namespace weft::worker
