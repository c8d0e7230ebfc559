#include "common/wire/job_objects.h"

#include <algorithm>

#include "common/storage/object_place.h"
#include "common/storage/result_place.h"
#include "common/storage/upload_place.h"

namespace weft {
namespace {

// Text: std::string, const or not, as the job is.
template <typename Text, typename Field>
void AddIfSet(Field& field, std::vector<Text*>& files) {
  if (!field.empty()) {
    files.push_back(&field);
  }
}

}  // namespace

bool UsesObjects(const v1::JobSpec& job) {
  return IsObjectUrl(job.input_path()) || IsObjectUrl(job.output_path()) ||
         IsObjectUrl(job.guide_path()) || IsObjectUrl(job.keys_path()) ||
         std::any_of(job.controls().begin(), job.controls().end(),
                     [](const v1::Control& control) { return IsObjectUrl(control.maps_path()); });
}

bool UsesUploads(const v1::JobSpec& job) {
  const auto files = FilesOf(job);
  return std::any_of(files.begin(), files.end(),
                     [](const std::string* file) { return IsUploadUrl(*file); });
}

bool KeepsResult(const v1::JobSpec& job) {
  return IsResultUrl(job.output_path());
}

std::vector<std::string*> FilesOf(v1::JobSpec& job) {
  std::vector<std::string*> files;
  for (std::string* const file : {job.mutable_input_path(), job.mutable_guide_path(),
                                  job.mutable_keys_path(), job.mutable_look_path()}) {
    AddIfSet(*file, files);
  }
  for (v1::Control& control : *job.mutable_controls()) {
    AddIfSet(*control.mutable_maps_path(), files);
  }
  for (v1::Lora& lora : *job.mutable_loras()) {
    AddIfSet(*lora.mutable_path(), files);
  }
  for (std::string& path : *job.mutable_embedding_paths()) {
    AddIfSet(path, files);
  }
  for (v1::HandedInModel& model : *job.mutable_models()) {
    for (v1::ModelPart& part : *model.mutable_parts()) {
      AddIfSet(*part.mutable_url(), files);
    }
  }
  return files;
}

std::vector<const std::string*> FilesOf(const v1::JobSpec& job) {
  std::vector<const std::string*> files;
  for (const std::string* const file :
       {&job.input_path(), &job.guide_path(), &job.keys_path(), &job.look_path()}) {
    AddIfSet(*file, files);
  }
  for (const v1::Control& control : job.controls()) {
    AddIfSet(control.maps_path(), files);
  }
  for (const v1::Lora& lora : job.loras()) {
    AddIfSet(lora.path(), files);
  }
  for (const std::string& path : job.embedding_paths()) {
    AddIfSet(path, files);
  }
  for (const v1::HandedInModel& model : job.models()) {
    for (const v1::ModelPart& part : model.parts()) {
      AddIfSet(part.url(), files);
    }
  }
  return files;
}

std::vector<std::string*> ModelPathsOf(v1::JobSpec& job) {
  std::vector<std::string*> paths;
  for (std::string* const path :
       {job.mutable_model_path(), job.mutable_vae_path(), job.mutable_tokenizer_path()}) {
    AddIfSet(*path, paths);
  }
  for (v1::Control& control : *job.mutable_controls()) {
    AddIfSet(*control.mutable_net_path(), paths);
  }
  return paths;
}

}  // namespace weft
