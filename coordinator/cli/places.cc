#include "coordinator/cli/places.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <unistd.h>

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

Status CheckClip(const std::string& path) {
  WEFT_RETURN_IF_ERROR(CheckReadable(path, "input"));
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return Failure(ErrorCode::kInvalidArgument, "input: not a file: " + path);
  }
  return {};
}

Status CheckModel(const std::string& folder) {
  WEFT_RETURN_IF_ERROR(CheckReadable(folder, "model"));
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "model: must be a diffusers folder, not a file: " + folder);
  }
  if (!fs::is_regular_file(fs::path(folder) / "model_index.json", error)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "model: not a diffusers folder, it has no model_index.json: " + folder);
  }
  return {};
}

}  // namespace

Status CheckSources(const v1::JobSpec& spec) {
  WEFT_RETURN_IF_ERROR(CheckClip(spec.input_path()));
  return CheckModel(spec.model_path());
}

Status CheckTarget(const v1::JobSpec& spec) {
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
  return {};
}

}  // namespace weft::cli
