#include "worker/stages/job_model.h"

#include <string>
#include <utility>
#include <vector>

#include "worker/models/lora.h"
#include "worker/models/model_configs.h"
#include "worker/models/part_tensors.h"
#include "worker/models/stored_tensors.h"
#include "worker/models/tokenizer.h"
#include "worker/models/tokenizer_folder.h"

namespace weft::worker {
namespace {

using models::Part;
using models::PartTensors;

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

Result<std::string> NetOf(const v1::Control& control, const v1::JobSpec& job) {
  if (!control.net_path().empty()) {
    return control.net_path();
  }
  if (models::IsSingleFile(job.model_path())) {
    return Failure(ErrorCode::kInvalidArgument,
                   job.model_path() +
                       ": a single-file model brings no ControlNet along; name one with net=PATH");
  }
  return job.model_path() + "/controlnet";
}

// Whether every tensor fits a layer.
Status CheckLoras(const models::ModelOptions& options) {
  if (options.loras.empty()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const PartTensors unet, PartTensors::Open(Part::kUnet, options.model));
  WEFT_ASSIGN_OR_RETURN(const PartTensors text,
                        PartTensors::Open(Part::kTextEncoder, options.model));
  WEFT_RETURN_IF_ERROR(models::ReadLoras(options.loras, unet, text));
  return {};
}

Status AddStamps(const std::string& place, FileStamps& stamps) {
  if (place.empty()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const FileStamps found, StampsOf(place));
  for (const auto& [name, stamp] : found) {
    stamps[place + ": " + name] = stamp;
  }
  return {};
}

}  // namespace

Result<models::ModelOptions> ModelOptionsOf(const v1::JobSpec& job) {
  models::ModelOptions options{.model = job.model_path(),
                               .vae = job.vae_path(),
                               .tokenizer = job.tokenizer_path(),
                               .clip_skip = static_cast<int>(job.clip_skip())};
  WEFT_ASSIGN_OR_RETURN(options.data_type, ToDataType(job.data_type()));
  for (const v1::Control& control : job.controls()) {
    WEFT_ASSIGN_OR_RETURN(std::string net, NetOf(control, job));
    options.controlnets.push_back(std::move(net));
  }
  for (const v1::Lora& lora : job.loras()) {
    options.loras.push_back({lora.path(), lora.weight()});
  }
  options.embeddings.assign(job.embedding_paths().begin(), job.embedding_paths().end());
  return options;
}

Status CheckModel(const models::ModelOptions& options) {
  WEFT_RETURN_IF_ERROR(models::ReadModelConfigs(options));
  WEFT_RETURN_IF_ERROR(CheckLoras(options));
  for (const std::string& path : options.embeddings) {
    WEFT_RETURN_IF_ERROR(models::OpenTensors(path));
  }
  WEFT_ASSIGN_OR_RETURN(const std::string tokenizer, models::TokenizerFolder(options));
  WEFT_RETURN_IF_ERROR(models::Tokenizer::Open(tokenizer));
  return {};
}

Result<FileStamps> ModelStamps(const models::ModelOptions& options) {
  FileStamps stamps;
  for (const std::string& place : {options.model, options.vae, options.tokenizer}) {
    WEFT_RETURN_IF_ERROR(AddStamps(place, stamps));
  }
  for (const std::string& net : options.controlnets) {
    WEFT_RETURN_IF_ERROR(AddStamps(net, stamps));
  }
  for (const models::LoraOption& lora : options.loras) {
    WEFT_RETURN_IF_ERROR(AddStamps(lora.path, stamps));
  }
  for (const std::string& path : options.embeddings) {
    WEFT_RETURN_IF_ERROR(AddStamps(path, stamps));
  }
  return stamps;
}

}  // namespace weft::worker
