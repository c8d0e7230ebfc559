#include "coordinator/cli/places.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "common/storage/look_place.h"
#include "common/storage/object_place.h"
#include "common/wire/job_objects.h"
#include "worker/models/safetensors.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

std::string Reason() {
  return std::generic_category().message(errno);
}

// Error codes of inputs say that the input is wrong, also where it is only closed to us: see
// ExitCodeFor().
Status CheckReadable(const std::string& path, const std::string& what) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return Failure(ErrorCode::kNotFound, what + ": no such file: " + path);
  }
  if (::access(path.c_str(), R_OK) != 0) {
    return Failure(ErrorCode::kInvalidArgument, what + ": cannot read " + path + ": " + Reason());
  }
  return {};
}

// An object is the workers' to look for: people may not be let in where these are.
Status CheckFile(const std::string& path, const std::string& what) {
  if (IsObjectUrl(path)) {
    return {};
  }
  WEFT_RETURN_IF_ERROR(CheckReadable(path, what));
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return Failure(ErrorCode::kInvalidArgument, what + ": not a file: " + path);
  }
  return {};
}

Status CheckModel(const std::string& place) {
  WEFT_RETURN_IF_ERROR(CheckReadable(place, "model"));
  std::error_code error;
  if (fs::is_directory(place, error)) {
    if (!fs::is_regular_file(fs::path(place) / "model_index.json", error)) {
      return Failure(ErrorCode::kInvalidArgument,
                     "model: not a diffusers folder, it has no model_index.json: " + place);
    }
    return {};
  }
  WEFT_RETURN_IF_ERROR(models::RefusePickleName(place));
  if (fs::path(place).extension() != ".safetensors") {
    return Failure(ErrorCode::kInvalidArgument,
                   "model: must be a diffusers folder or a .safetensors file: " + place);
  }
  return {};
}

// A file or a folder; nothing where the job leaves it out.
Status CheckAddition(const std::string& place, const std::string& what) {
  return place.empty() ? Status() : CheckReadable(place, what);
}

Status CheckMaps(const v1::JobSpec& spec) {
  int number = 0;
  for (const v1::Control& control : spec.controls()) {
    const std::string what = "control " + std::to_string(++number);
    if (!control.maps_path().empty()) {
      WEFT_RETURN_IF_ERROR(CheckFile(control.maps_path(), what + ": maps"));
    }
  }
  return {};
}

}  // namespace

Status CheckModels(const v1::JobSpec& spec) {
  WEFT_RETURN_IF_ERROR(CheckModel(spec.model_path()));
  WEFT_RETURN_IF_ERROR(CheckAddition(spec.vae_path(), "vae"));
  WEFT_RETURN_IF_ERROR(CheckAddition(spec.tokenizer_path(), "tokenizer"));
  int number = 0;
  for (const v1::Control& control : spec.controls()) {
    const std::string what = "control " + std::to_string(++number);
    WEFT_RETURN_IF_ERROR(CheckAddition(control.net_path(), what + ": net"));
  }
  return {};
}

Status CheckSources(const v1::JobSpec& spec) {
  if (spec.kind() == v1::JOB_KIND_DEFLICKER) {
    if (!spec.keys_path().empty()) {
      WEFT_RETURN_IF_ERROR(CheckFile(spec.keys_path(), "style"));
      return CheckFile(spec.input_path(), "guide");
    }
    WEFT_RETURN_IF_ERROR(CheckFile(spec.input_path(), "style"));
    return spec.guide_path().empty() ? Status() : CheckFile(spec.guide_path(), "guide");
  }
  WEFT_RETURN_IF_ERROR(CheckFile(spec.input_path(), "input"));
  WEFT_RETURN_IF_ERROR(CheckModels(spec));
  if (!spec.look_path().empty() && !ParseLookUrl(spec.look_path()).has_value()) {
    WEFT_RETURN_IF_ERROR(CheckFile(spec.look_path(), "anchors"));
  }
  for (const v1::Lora& lora : spec.loras()) {
    WEFT_RETURN_IF_ERROR(CheckFile(lora.path(), "lora"));
  }
  for (const std::string& path : spec.embedding_paths()) {
    WEFT_RETURN_IF_ERROR(CheckFile(path, "embedding"));
  }
  return CheckMaps(spec);
}

Status CheckTarget(const v1::JobSpec& spec) {
  if (IsObjectUrl(spec.output_path())) {
    return {};
  }
  const fs::path output = spec.output_path();
  const std::string folder = output.parent_path().string();
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return Failure(ErrorCode::kPermissionDenied,
                   "output: cannot write " + output.string() + ": there is no folder " + folder);
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Failure(ErrorCode::kPermissionDenied,
                   "output: cannot write " + output.string() + ": " + Reason());
  }
  if (fs::is_directory(output, error)) {
    return Failure(ErrorCode::kPermissionDenied,
                   "output: cannot write " + output.string() + ": it is a folder");
  }
  if (fs::equivalent(output, spec.input_path(), error)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "output: must not be the input: " + output.string());
  }
  if (fs::equivalent(output, spec.keys_path(), error)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "output: must not hold the key frames: " + output.string());
  }
  if (fs::equivalent(output, spec.guide_path(), error)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "output: must not be the guide: " + output.string());
  }
  return {};
}

Status CheckNoObjects(const v1::JobSpec& spec) {
  return UsesObjects(spec) ? Status(Failure(ErrorCode::kInvalidArgument,
                                            "s3:// is for jobs of a fleet: hand it in with weft "
                                            "submit, or fetch the clip first"))
                           : Status();
}

}  // namespace weft::cli
