// The job's key frames, denoised jointly and without smoothing. Their latents before every step are
// kept, so that any chunk can attend to them at that step.

#include <string>
#include <vector>

#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/stage.h"

namespace weft::worker {

Result<v1::TaskResult> RunAnchor(const v1::Task& task, StageContext& context) {
  const std::vector<std::uint32_t> anchors(task.anchor_frames().begin(),
                                           task.anchor_frames().end());
  WEFT_ASSIGN_OR_RETURN(const Denoising denoising, Denoising::Prepare(task, context));
  models::StepInput input;
  WEFT_ASSIGN_OR_RETURN(input.noisy, denoising.Start(anchors, context));
  WEFT_ASSIGN_OR_RETURN(input.controls, denoising.Controls(anchors, context));

  const models::Ddim& ddim = denoising.ddim();
  const WarmModel::Ready& ready = denoising.ready();
  std::vector<Latents> before_step(anchors.size());
  for (int step = static_cast<int>(denoising.first_step()); step < ddim.steps(); ++step) {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    for (std::size_t i = 0; i < anchors.size(); ++i) {
      Append(Slice(input.noisy, static_cast<std::uint32_t>(i), 1), &before_step[i]);
    }
    WEFT_ASSIGN_OR_RETURN(
        const Latents output,
        ready.model->PredictAnchors(input, ddim.timestep(step), *ready.prompts, ready.guidance));
    input.noisy = ddim.Step(input.noisy, ddim.PredictClean(input.noisy, output, step), step);
    context.moved(static_cast<double>(step + 1) / ddim.steps());
  }

  v1::TaskResult result;
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    WEFT_RETURN_IF_ERROR(StoreOutput(task, "anchor/" + std::to_string(anchors[i]),
                                     PackLatents(before_step[i]), context.blobs, &result));
  }
  result.set_frames(static_cast<std::uint32_t>(anchors.size()));
  return result;
}

}  // namespace weft::worker
