// A group of the job's key frames, denoised jointly with the first one and without smoothing. Their
// latents before every step (every call of the model) are kept, so that any chunk can attend to
// them at that step.

#include <string>
#include <vector>

#include "common/storage/result_place.h"
#include "common/whole_file.h"
#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/look.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

// In a file that appears only whole, or, where the job's result is kept, for the task that writes
// it.
Status SaveLook(const v1::Task& task,
                const std::string& look,
                StageContext& context,
                v1::TaskResult* result) {
  const std::string& place = task.job().save_look_path();
  return IsResultUrl(place) ? StoreOutput(task, kLookOutput, look, context.blobs, result)
                            : WriteWholeFile(place, look);
}

}  // namespace

Result<v1::TaskResult> RunAnchor(const v1::Task& task, StageContext& context) {
  const std::vector<std::uint32_t> anchors(task.anchor_frames().begin(),
                                           task.anchor_frames().end());
  WEFT_ASSIGN_OR_RETURN(const Denoising denoising, Denoising::Prepare(task, context));
  models::StepInput input;
  WEFT_ASSIGN_OR_RETURN(Latents x, denoising.Start(anchors, context));
  WEFT_ASSIGN_OR_RETURN(input.controls, denoising.Controls(anchors, context));
  input.numbers = AnchorNumbers(task.job(), anchors);

  const models::Sampler& sampler = denoising.sampler();
  const WarmModel::Ready& ready = denoising.ready();
  models::StepMemory memory;
  std::vector<Latents> before_step(anchors.size());
  for (int step = denoising.first_step(); step < sampler.steps(); ++step) {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    for (std::size_t i = 0; i < anchors.size(); ++i) {
      Append(Slice(x, static_cast<std::uint32_t>(i), 1), &before_step[i]);
    }
    input.noisy = sampler.ScaleModelInput(x, step);
    WEFT_ASSIGN_OR_RETURN(const Latents output,
                          ready.model->PredictAnchors(input, sampler.timestep(step), *ready.prompts,
                                                      denoising.GuidanceAt(step)));
    x = sampler.Step(x, output, step, denoising.StepNoise(step), memory);
    context.moved(static_cast<double>(memory.taken) / denoising.steps_to_run());
  }

  v1::TaskResult result;
  if (!task.job().save_look_path().empty() && task.attempt().task().chunk() == 0) {
    WEFT_ASSIGN_OR_RETURN(const std::string look,
                          PackLook(task, {anchors, before_step, input.controls}));
    WEFT_RETURN_IF_ERROR(SaveLook(task, look, context, &result));
  }
  const std::size_t own = task.attempt().task().chunk() == 0 ? 0 : 1;  // Before it: the first one.
  for (std::size_t i = own; i < anchors.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(const std::string bytes, PackLatents(before_step[i]));
    WEFT_RETURN_IF_ERROR(
        StoreOutput(task, "anchor/" + std::to_string(anchors[i]), bytes, context.blobs, &result));
  }
  result.set_frames(static_cast<std::uint32_t>(anchors.size() - own));
  result.set_micro_batch(denoising.SmallerMicroBatch());
  return result;
}

}  // namespace weft::worker
