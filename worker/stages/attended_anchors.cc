#include "worker/stages/attended_anchors.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "common/plan/frames.h"
#include "worker/stages/blobs.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/look.h"

namespace weft::worker {
namespace {

// Those of another job.
Result<Anchors> AnchorsOfLook(const v1::Task& task, const Denoising& denoising) {
  WEFT_ASSIGN_OR_RETURN(LookAnchors chosen, AnchorsOf(*denoising.look()));
  for (const Latents& steps : chosen.before_step) {
    if (steps.frames != denoising.steps_to_run()) {
      return Failure(ErrorCode::kDataLoss, task.job().look_path() + ": wrong number of steps");
    }
  }
  Anchors anchors;
  anchors.frames = std::move(chosen.frames);
  anchors.before_step = std::move(chosen.before_step);
  anchors.input.controls = std::move(chosen.controls);
  Latents nearly_clean;  // Before the last step.
  for (const Latents& steps : anchors.before_step) {
    Append(Slice(steps, static_cast<std::uint32_t>(steps.frames - 1), 1), &nearly_clean);
  }
  anchors.texture = TextureOf(nearly_clean);
  return anchors;
}

// Which anchor task brought it; 0 where the task lacks that input, which fetching it then says.
std::uint32_t GroupOf(const v1::Task& task, const std::string& name) {
  const auto& inputs = task.inputs();
  const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const v1::Input& input) {
    return input.stage() == v1::STAGE_ANCHOR && input.name() == name;
  });
  return found == inputs.end() ? 0 : found->chunk();
}

}  // namespace

Result<Anchors> FetchAnchors(const v1::Task& task,
                             const Denoising& denoising,
                             StageContext& context) {
  if (denoising.look() != nullptr) {
    return AnchorsOfLook(task, denoising);
  }
  Anchors anchors;
  anchors.frames.assign(task.anchor_frames().begin(), task.anchor_frames().end());
  for (const std::uint32_t frame : anchors.frames) {
    const std::string name = "anchor/" + std::to_string(frame);
    WEFT_ASSIGN_OR_RETURN(
        const std::string blob,
        FetchInput(task, {Stage::kAnchor, GroupOf(task, name), 0, name}, context.blobs));
    WEFT_ASSIGN_OR_RETURN(Latents steps, UnpackLatents(blob));
    if (steps.frames != denoising.steps_to_run()) {
      return Failure(ErrorCode::kDataLoss, name + ": wrong number of steps");
    }
    anchors.before_step.push_back(std::move(steps));
  }
  WEFT_ASSIGN_OR_RETURN(anchors.input.controls, denoising.Controls(anchors.frames, context));
  anchors.input.numbers = AnchorNumbers(task.job(), anchors.frames);
  return anchors;
}

std::vector<std::vector<int>> Attends(const v1::Task& task,
                                      const std::vector<std::uint32_t>& anchors) {
  std::vector<std::vector<int>> attends;
  if (!task.job().look_path().empty()) {  // Another clip's are all equally near.
    attends.resize(ToRange(task.chunk().core()).size());
    for (std::vector<int>& indices : attends) {
      indices.resize(anchors.size());
      std::iota(indices.begin(), indices.end(), 0);
    }
    return attends;
  }
  for (const std::uint32_t frame : FrameNumbers(ToRange(task.chunk().core()))) {
    std::vector<int>& indices = attends.emplace_back();
    for (const std::uint32_t anchor :
         AttendedAnchors(frame, task.job().anchors_attended(), anchors, SceneStarts(task.clip()),
                         task.clip().frame_count())) {
      const auto found = std::lower_bound(anchors.begin(), anchors.end(), anchor);
      indices.push_back(static_cast<int>(found - anchors.begin()));
    }
  }
  return attends;
}

}  // namespace weft::worker
