#include "worker/stages/warm_model.h"

#include <string>
#include <utility>

#include "common/file_stamps.h"
#include "common/wire/model_key.h"
#include "worker/stages/job_model.h"

namespace weft::worker {
namespace {

std::string Kind(const std::string& device) {
  return device.substr(0, device.find(':'));
}

std::string PartsOf(const v1::JobSpec& job, const FileStamps& stamps) {
  std::string parts = ModelParts(job);
  for (const auto& [name, stamp] : stamps) {
    parts.append("\n").append(name).append(": ").append(stamp);
  }
  return parts;
}

std::string PromptsKey(const v1::JobSpec& job) {
  v1::JobSpec texts;
  texts.set_prompt(job.prompt());
  texts.set_negative_prompt(job.negative_prompt());
  return texts.SerializeAsString();
}

}  // namespace

Status WarmModel::Load(const v1::JobSpec& job) {
  if (Kind(job.device()) != Kind(device_)) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "the job runs on " + job.device() + ", this worker has " + device_);
  }
  WEFT_ASSIGN_OR_RETURN(models::ModelOptions options, ModelOptionsOf(job));
  WEFT_ASSIGN_OR_RETURN(const FileStamps stamps, ModelStamps(options));
  const std::string parts = PartsOf(job, stamps);
  if (model_ && parts == parts_) {
    return {};
  }
  options.device = device_;
  model_.reset();  // Before the next one takes its memory.
  key_.clear();
  prompts_key_.reset();
  preview_.reset();
  memory_.reset();
  WEFT_ASSIGN_OR_RETURN(auto loaded, models::DiffusionModel::Load(options));
  WEFT_ASSIGN_OR_RETURN(const FileStamps after, ModelStamps(options));
  if (after != stamps) {
    return Failure(ErrorCode::kUnavailable,
                   options.model + ": the model's files changed while they were read");
  }
  model_ = std::move(loaded);
  options_ = options;
  key_ = ModelKey(job);
  parts_ = parts;
  return {};
}

Result<WarmModel::Ready> WarmModel::For(const v1::JobSpec& job) {
  WEFT_RETURN_IF_ERROR(Load(job));
  if (std::string whole = job.SerializeAsString(); whole != job_) {
    model_->KeepAnchors(0);
    job_ = std::move(whole);
  }
  const std::string prompts_key = PromptsKey(job);
  if (prompts_key_ != prompts_key) {
    WEFT_ASSIGN_OR_RETURN(prompts_, model_->EncodePrompts(job.negative_prompt(), job.prompt()));
    prompts_key_ = prompts_key;
  }
  models::Guidance guidance{.scale = job.guidance(),
                            .guess_mode = job.guess_mode(),
                            .controlnets_attend = job.attention().in_controlnets()};
  for (const v1::Control& control : job.controls()) {
    guidance.control_scales.push_back(control.scale());
  }
  return Ready{model_.get(), &prompts_, guidance};
}

Result<models::ModelMemory> WarmModel::Memory(int width, int height) {
  if (!memory_ || memory_->width != width || memory_->height != height) {
    WEFT_ASSIGN_OR_RETURN(const models::ModelMemory memory,
                          models::EstimateMemory(options_, width, height));
    memory_ = {width, height, memory};
  }
  return memory_->memory;
}

Result<const PreviewMap*> WarmModel::Preview() {
  if (!preview_.has_value()) {
    WEFT_ASSIGN_OR_RETURN(preview_, PreviewMap::Fit(*model_));
  }
  return &*preview_;
}

}  // namespace weft::worker
