#include "worker/stages/warm_model.h"

#include <utility>

namespace weft::worker {
namespace {

Result<models::DataType> ToDataType(v1::DataType type) {
  switch (type) {
    case v1::DATA_TYPE_FLOAT32:
      return models::DataType::kFloat32;
    case v1::DATA_TYPE_BFLOAT16:
      return models::DataType::kBfloat16;
    case v1::DATA_TYPE_FLOAT16:
      return models::DataType::kFloat16;
    default:
      return Failure(ErrorCode::kUnsupported, "data_type: a type that this worker does not know");
  }
}

std::string Kind(const std::string& device) {
  return device.substr(0, device.find(':'));
}

}  // namespace

Status WarmModel::Load(const v1::JobSpec& job) {
  const bool controlled = job.controls_size() > 0;
  const std::string key = job.model_path() + "|" + std::to_string(job.data_type()) + "|" +
                          std::to_string(job.micro_batch()) + (controlled ? "|controlnet" : "");
  if (model_ && key == model_key_) {
    return {};
  }
  if (Kind(job.device()) != Kind(device_)) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "the job runs on " + job.device() + ", this worker has " + device_);
  }
  WEFT_ASSIGN_OR_RETURN(const models::DataType type, ToDataType(job.data_type()));
  std::vector<std::string> controlnets;
  if (controlled) {
    controlnets.push_back(job.model_path() + "/controlnet");
  }
  model_.reset();  // Before the next one takes its memory.
  prompts_key_.clear();
  WEFT_ASSIGN_OR_RETURN(model_, models::DiffusionModel::Load({
                                    .model = job.model_path(),
                                    .controlnets = controlnets,
                                    .device = device_,
                                    .data_type = type,
                                    .micro_batch = static_cast<int>(job.micro_batch()),
                                }));
  model_key_ = key;
  return {};
}

Result<WarmModel::Ready> WarmModel::For(const v1::JobSpec& job) {
  WEFT_RETURN_IF_ERROR(Load(job));
  const std::string prompts_key =
      std::to_string(job.prompt().size()) + "|" + job.prompt() + job.negative_prompt();
  if (prompts_key != prompts_key_) {
    WEFT_ASSIGN_OR_RETURN(prompts_, model_->EncodePrompts(job.negative_prompt(), job.prompt()));
    prompts_key_ = prompts_key;
  }
  models::Guidance guidance{.scale = job.guidance()};
  if (job.controls_size() > 0) {
    guidance.control_scales = {job.controls(0).scale()};
  }
  return Ready{model_.get(), &prompts_, guidance};
}

}  // namespace weft::worker
