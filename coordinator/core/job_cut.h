// Where a job's frames lie among its chunks, and what tasks read of chunks.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/plan/frames.h"
#include "common/plan/overlap.h"
#include "common/plan/seam_checks.h"
#include "coordinator/core/chunk_plan.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

class JobCut {
 public:
  // Both stay as they are as long as this lives.
  JobCut(const v1::JobSpec& spec, const v1::Clip& clip);

  // Cores, in order, without gaps; seam checks are not among them.
  [[nodiscard]] const std::vector<FrameRange>& Chunks() const { return chunks_; }
  [[nodiscard]] std::uint32_t ChunkCount() const {
    return static_cast<std::uint32_t>(chunks_.size());
  }
  [[nodiscard]] std::uint32_t ChunkOf(std::uint32_t frame) const {
    return frame / spec_.chunk_frames();
  }
  [[nodiscard]] FrameRange Whole() const { return {0, clip_.frame_count()}; }
  // Ascending; the first is 0.
  [[nodiscard]] const std::vector<std::uint32_t>& SceneStarts() const { return scene_starts_; }
  // Of chunks that exchange nothing.
  [[nodiscard]] const std::optional<Overlap>& Overlaps() const { return overlap_; }

  [[nodiscard]] const std::vector<SeamCheck>& Checks() const { return checks_; }
  // Of chunks, and of seam checks, whose numbers follow.
  [[nodiscard]] std::uint32_t ChunkAndCheckCount() const {
    return ChunkCount() + static_cast<std::uint32_t>(checks_.size());
  }
  [[nodiscard]] bool IsCheck(std::uint32_t chunk) const { return chunk >= ChunkCount(); }
  // REQUIRES: IsCheck(chunk).
  [[nodiscard]] const SeamCheck& CheckOf(std::uint32_t chunk) const {
    return checks_[chunk - ChunkCount()];
  }

  // The frames that the denoise tasks of a chunk or a check bring.
  [[nodiscard]] FrameRange Rendered(std::uint32_t chunk) const;
  // Everything that smoothing `core` reads.
  [[nodiscard]] FrameRange Halo(FrameRange core) const {
    return SmoothingHalo(core, spec_.window(), scene_starts_, clip_.frame_count());
  }
  // The frames that the chunk decodes for others where they are smoothed next; none where chunks
  // exchange nothing, and none of a check.
  [[nodiscard]] std::vector<std::uint32_t> Lent(std::uint32_t chunk) const;

  // Groups of pictures of the file, in order, without gaps; none where the file is made of what
  // chunks bring as it is.
  [[nodiscard]] const std::vector<FrameRange>& Groups() const { return groups_; }

  [[nodiscard]] std::uint32_t SceneCount() const {
    return static_cast<std::uint32_t>(scene_starts_.size());
  }
  [[nodiscard]] FrameRange Scene(std::uint32_t scene) const;
  // The number of the scene that the frame belongs to.
  [[nodiscard]] std::uint32_t SceneOf(std::uint32_t frame) const;

  // Adds to what the task reads: `name` of `stage` for every chunk that `frames` touches.
  void ReadChunks(FrameRange frames, TaskPlace from, const char* name, PlannedTask& task) const;
  // The task's halo, but for what only its own chunk reads; nothing where chunks exchange nothing.
  void ReadPictures(TaskPlace from,
                    const std::vector<std::uint32_t>& lent,
                    PlannedTask& task) const;

 private:
  const v1::JobSpec& spec_;
  const v1::Clip& clip_;
  const std::optional<Overlap> overlap_;
  const std::vector<std::uint32_t> scene_starts_;
  const std::vector<FrameRange> chunks_;
  const std::vector<FrameRange> groups_;
  const SeamCheckOrder check_order_;
  const std::vector<SeamCheck> checks_;
};

}  // namespace weft::coordinator
