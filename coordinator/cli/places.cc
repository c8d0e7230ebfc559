#include "coordinator/cli/places.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "common/storage/look_place.h"
#include "common/storage/object_place.h"
#include "common/wire/job_objects.h"
#include "coordinator/core/overwrite_check.h"
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

// A file that the job makes; nothing where it makes none there.
Status CheckWritable(const std::string& what, const std::string& place, const v1::JobSpec& spec) {
  if (place.empty() || place.front() != '/') {
    return {};  // No file, or none of a file system.
  }
  const std::string folder = fs::path(place).parent_path().string();
  const std::string cannot = what + ": cannot write " + place + ": ";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return Failure(ErrorCode::kPermissionDenied, cannot + "there is no folder " + folder);
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Failure(ErrorCode::kPermissionDenied, cannot + Reason());
  }
  if (fs::is_directory(place, error)) {
    return Failure(ErrorCode::kPermissionDenied, cannot + "it is a folder");
  }
  for (const coordinator::ReadPlace& read : coordinator::PlacesRead(spec)) {
    if (fs::equivalent(place, read.path, error)) {
      return Failure(ErrorCode::kInvalidArgument, cannot + read.what);
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
  WEFT_RETURN_IF_ERROR(CheckWritable("output", spec.output_path(), spec));
  return CheckWritable("save-anchors", spec.save_look_path(), spec);
}

Status CheckNoObjects(const v1::JobSpec& spec) {
  return UsesObjects(spec) ? Status(Failure(ErrorCode::kInvalidArgument,
                                            "s3:// is for jobs of a fleet: hand it in with weft "
                                            "submit, or fetch the clip first"))
                           : Status();
}

}  // namespace weft::cli
