#include "coordinator/core/model_check.h"

#include <algorithm>
#include <cstddef>
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
    const bool is_new = names.insert(part.name()).second;
    if (!IsNameInPlace(part.name()) || !is_new) {
      return Failure(
          Wrong(model.url() + ": '" + part.name() + "' is no name of a file in it, or one twice"));
    }
    if (const auto file = ParseUploadUrl(part.url()); !file) {
      return Failure(file.error().Within("models: " + model.url() + ": " + part.name()));
    }
  }
  for (const std::string& name : names) {
    for (std::size_t slash = name.rfind('/'); slash != std::string::npos;
         slash = name.rfind('/', slash - 1)) {
      if (names.count(name.substr(0, slash)) > 0) {
        return Failure(
            Wrong(model.url() + ": '" + name.substr(0, slash) + "' is a file and a folder in it"));
      }
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
  // They ride in every message about the job, and those are at most 1 MiB.
  constexpr std::size_t kBytesMax = 128 << 10;
  std::size_t bytes = 0;
  std::set<std::string> urls;
  for (const v1::HandedInModel& model : spec.models()) {
    bytes += model.ByteSizeLong();
    WEFT_RETURN_IF_ERROR(CheckModel(model));
    if (!urls.insert(model.url()).second) {
      return Failure(Wrong(model.url() + " is there twice"));
    }
  }
  return bytes > kBytesMax
             ? Failure(Wrong("their list has " + std::to_string(bytes) + " bytes, of " +
                             std::to_string(kBytesMax) +
                             " at most: a model of fewer files, or with shorter names"))
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
