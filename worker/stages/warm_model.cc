#include "worker/stages/warm_model.h"

#include <string>
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

// What of the job decides what is loaded. By serialisation, so that no two jobs share a key by
// accident.
std::string KeyOf(const v1::JobSpec& job) {
  v1::JobSpec parts;
  parts.set_model_path(job.model_path());
  parts.set_vae_path(job.vae_path());
  parts.set_tokenizer_path(job.tokenizer_path());
  *parts.mutable_loras() = job.loras();
  *parts.mutable_embedding_paths() = job.embedding_paths();
  parts.set_clip_skip(job.clip_skip());
  parts.set_data_type(job.data_type());
  parts.set_micro_batch(job.micro_batch());
  for (const v1::Control& control : job.controls()) {
    parts.add_controls()->set_net_path(control.net_path());
  }
  return parts.SerializeAsString();
}

models::ModelOptions OptionsOf(const v1::JobSpec& job) {
  models::ModelOptions options{.model = job.model_path(),
                               .vae = job.vae_path(),
                               .tokenizer = job.tokenizer_path(),
                               .clip_skip = static_cast<int>(job.clip_skip()),
                               .micro_batch = static_cast<int>(job.micro_batch())};
  for (const v1::Control& control : job.controls()) {
    const bool is_own = control.net_path().empty();
    options.controlnets.push_back(is_own ? job.model_path() + "/controlnet" : control.net_path());
  }
  for (const v1::Lora& lora : job.loras()) {
    options.loras.push_back({lora.path(), lora.weight()});
  }
  options.embeddings.assign(job.embedding_paths().begin(), job.embedding_paths().end());
  return options;
}

}  // namespace

Status WarmModel::Load(const v1::JobSpec& job) {
  const std::string key = KeyOf(job);
  if (model_ && key == model_key_) {
    return {};
  }
  if (Kind(job.device()) != Kind(device_)) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "the job runs on " + job.device() + ", this worker has " + device_);
  }
  models::ModelOptions options = OptionsOf(job);
  WEFT_ASSIGN_OR_RETURN(options.data_type, ToDataType(job.data_type()));
  options.device = device_;
  model_.reset();  // Before the next one takes its memory.
  prompts_key_.clear();
  WEFT_ASSIGN_OR_RETURN(model_, models::DiffusionModel::Load(options));
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
  models::Guidance guidance{.scale = job.guidance(), .guess_mode = job.guess_mode()};
  for (const v1::Control& control : job.controls()) {
    guidance.control_scales.push_back(control.scale());
  }
  return Ready{model_.get(), &prompts_, guidance};
}

}  // namespace weft::worker
