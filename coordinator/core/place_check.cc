#include "coordinator/core/place_check.h"

#include <cstddef>

#include "common/storage/look_place.h"
#include "common/storage/object_place.h"
#include "common/storage/result_place.h"
#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"

namespace weft::coordinator {
namespace {

// A job rides in every message about it, and those are at most 1 MiB.
constexpr std::size_t kPathBytesMax = 4096;

}  // namespace

Status CheckPath(const char* field, const std::string& path) {
  if (path.size() > kPathBytesMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string(field) + " is too long: at most 4096 bytes");
  }
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string(field) + " is '" + path + "': an absolute path is needed");
  }
  return {};
}

Status CheckPlace(const char* field, const std::string& place) {
  if (!IsObjectUrl(place)) {
    return CheckPath(field, place);
  }
  const auto object = ParseObjectUrl(place);
  return object ? Status() : Status(Failure(object.error().Within(field)));
}

Status CheckOutput(const char* field, const std::string& place) {
  if (!IsResultUrl(place)) {
    return CheckPlace(field, place);
  }
  const auto result = ParseResultUrl(place);
  return result ? Status() : Status(Failure(result.error().Within(field)));
}

Status CheckPart(const char* field, const std::string& place) {
  if (!IsUploadUrl(place)) {
    return CheckPath(field, place);
  }
  const auto upload = ParseUploadUrl(place);
  return upload ? Status() : Status(Failure(upload.error().Within(field)));
}

Status CheckLook(const char* field, const std::string& place) {
  return ParseLookUrl(place).has_value() ? Status() : CheckPart(field, place);
}

Status CheckSavedLook(const v1::JobSpec& spec) {
  if (!IsResultUrl(spec.save_look_path())) {
    return CheckPath("save_look_path", spec.save_look_path());
  }
  return spec.save_look_path() == LookBeside(spec.output_path())
             ? Status()
             : Failure(ErrorCode::kInvalidArgument,
                       "save_look_path is '" + spec.save_look_path() + "': the coordinator keeps " +
                           "anchors beside a result that it keeps, as output_path.look");
}

Status CheckSource(const char* field, const std::string& place) {
  return IsUploadUrl(place) ? CheckPart(field, place) : CheckPlace(field, place);
}

Status CheckOwner(const v1::JobSpec& spec, const std::string& user) {
  if (const auto result = ParseResultUrl(spec.output_path()); result && result->owner != user) {
    return Failure(ErrorCode::kPermissionDenied, "output_path: the result would be kept for '" +
                                                     result->owner + "'; the job is that of '" +
                                                     user + "'");
  }
  for (const std::string* const file : FilesOf(spec)) {
    const auto upload = ParseUploadUrl(*file);
    if (upload && upload->owner != user) {
      return Failure(ErrorCode::kPermissionDenied,
                     upload->name + " was handed in by '" + upload->owner +
                         "', and is for jobs of theirs; the job is that of '" + user + "'");
    }
  }
  return {};
}

}  // namespace weft::coordinator
