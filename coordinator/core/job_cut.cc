#include "coordinator/core/job_cut.h"

#include <algorithm>

#include "common/plan/lending.h"
#include "common/wire/overlap_wire.h"
#include "common/wire/picture_runs_wire.h"
#include "common/wire/seam_checks_wire.h"

namespace weft::coordinator {
namespace {

std::vector<FrameRange> CutIntoChunks(std::uint32_t frame_count, std::uint32_t chunk_frames) {
  std::vector<FrameRange> chunks;
  for (std::uint32_t begin = 0; begin < frame_count; begin += chunk_frames) {
    chunks.push_back({begin, begin + std::min(chunk_frames, frame_count - begin)});
  }
  return chunks;
}

}  // namespace

JobCut::JobCut(const v1::JobSpec& spec, const v1::Clip& clip)
    : spec_(spec),
      clip_(clip),
      overlap_(OverlapOf(spec, clip)),
      scene_starts_(clip.scene_starts().begin(), clip.scene_starts().end()),
      chunks_(CutIntoChunks(clip.frame_count(), spec.chunk_frames())),
      groups_(PictureGroupsOf(spec, clip)),
      check_order_(SeamCheckOrderOf(spec, clip)),
      checks_(SeamChecks(check_order_)) {}

FrameRange JobCut::Rendered(std::uint32_t chunk) const {
  if (IsCheck(chunk)) {
    return CheckOf(chunk).core;
  }
  return overlap_ ? RenderedBy(chunk, *overlap_) : chunks_[chunk];
}

std::vector<std::uint32_t> JobCut::Lent(std::uint32_t chunk) const {
  return overlap_ || spec_.window() == 0 || IsCheck(chunk)
             ? std::vector<std::uint32_t>()
             : LentToAll(chunks_[chunk], checks_, check_order_);
}

FrameRange JobCut::Scene(std::uint32_t scene) const {
  const bool is_last = scene + 1 == SceneCount();
  return {scene_starts_[scene], is_last ? clip_.frame_count() : scene_starts_[scene + 1]};
}

std::uint32_t JobCut::SceneOf(std::uint32_t frame) const {
  const auto behind = std::upper_bound(scene_starts_.begin(), scene_starts_.end(), frame);
  return static_cast<std::uint32_t>(behind - scene_starts_.begin()) - 1;
}

void JobCut::ReadChunks(FrameRange frames,
                        TaskPlace from,
                        const char* name,
                        PlannedTask& task) const {
  for (from.chunk = ChunkOf(frames.begin); from.chunk <= ChunkOf(frames.end - 1); ++from.chunk) {
    task.inputs.push_back({from, name});
  }
}

void JobCut::ReadPictures(TaskPlace from,
                          const std::vector<std::uint32_t>& lent,
                          PlannedTask& task) const {
  for (std::uint32_t frame = task.halo.begin; frame < task.halo.end && !overlap_; ++frame) {
    if (!task.core.Contains(frame) || std::binary_search(lent.begin(), lent.end(), frame)) {
      from.chunk = ChunkOf(frame);
      task.inputs.push_back({from, PictureName(frame)});
    }
  }
}

}  // namespace weft::coordinator
