#include "coordinator/core/model_check.h"

#include <algorithm>
#include <set>

#include "common/storage/model_place.h"
#include "common/storage/upload_place.h"
#include "coordinator/core/place_check.h"

namespace weft::coordinator {
namespace {

Error Wrong(const std::string& what) {
  return {ErrorCode::kInvalidArgument, "models: " + what};
}

// Itself, in it, or beside it, as a file's configuration is.
bool Leads(const std::string& name, const std::string& part) {
  return part == name || part.rfind(name + "/", 0) == 0;
}

Status CheckModel(const v1::HandedInModel& model) {
  const auto place = ParseModelUrl(model.url());
  if (!place.has_value()) {
    return Failure(Wrong("'" + model.url() +
                         "' is no model that was handed in: it must be weft://model/SHA256/NAME"));
  }
  std::set<std::string> names;
  for (const v1::ModelPart& part : model.parts()) {
    if (!IsNameInPlace(part.name()) || !names.insert(part.name()).second) {
      return Failure(
          Wrong(model.url() + ": '" + part.name() + "' is no name of a file in it, or one twice"));
    }
    if (const auto file = ParseUploadUrl(part.url()); !file) {
      return Failure(file.error().Within("models: " + model.url() + ": " + part.name()));
    }
  }
  if (std::none_of(names.begin(), names.end(),
                   [&](const std::string& name) { return Leads(place->name, name); })) {
    return Failure(Wrong(model.url() + ": none of its files is called so, or lies in it"));
  }
  return {};
}

}  // namespace

Status CheckModels(const v1::JobSpec& spec) {
  constexpr int kPartsMax = 256;  // They ride in every message about the job.
  int parts = 0;
  for (const v1::HandedInModel& model : spec.models()) {
    parts += model.parts_size();
    WEFT_RETURN_IF_ERROR(CheckModel(model));
  }
  return parts > kPartsMax ? Failure(Wrong("of " + std::to_string(parts) +
                                           " files; 256 can be handed in with a job"))
                           : Status();
}

Status CheckModelPath(const char* field, const std::string& path, const v1::JobSpec& spec) {
  if (!IsUploadUrl(path)) {
    return CheckPath(field, path);
  }
  return std::any_of(spec.models().begin(), spec.models().end(),
                     [&](const v1::HandedInModel& model) { return model.url() == path; })
             ? Status()
             : Failure(ErrorCode::kInvalidArgument,
                       std::string(field) + " is '" + path +
                           "', which is not among what was handed in with the job (models)");
}

}  // namespace weft::coordinator
