#include "worker/storage/task_files.h"

#include <utility>

namespace weft::worker {
namespace {

// Control maps are read by these alone.
bool ReadsMaps(const v1::Task& task) {
  const v1::Stage stage = task.attempt().task().stage();
  return stage == v1::STAGE_PROBE || stage == v1::STAGE_ANNOTATE;
}

bool WritesOutput(const v1::Task& task) {
  const v1::Stage stage = task.attempt().task().stage();
  return stage == v1::STAGE_PROBE || stage == v1::STAGE_ASSEMBLE;
}

}  // namespace

Result<TaskFiles> TaskFiles::Bring(const v1::Task& task,
                                   const v1::ObjectVersions& versions,
                                   const StorageOptions& options,
                                   const TransferWatch& watch) {
  if (options.cache_folder.empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "this worker has no folder for what it fetches from s3://: give it one with "
                   "--cache");
  }
  WEFT_ASSIGN_OR_RETURN(S3Access access, ResolveS3(options.s3, ProcessEnvironment()));
  const std::string store_name = access.scheme + "://" + access.host;
  WEFT_ASSIGN_OR_RETURN(ObjectCache cache, ObjectCache::Open(options.cache_folder + "/objects",
                                                             options.cache_bytes, store_name));
  TaskFiles files(task, S3Store(std::move(access)), std::move(cache));
  for (const v1::ObjectVersion& version : versions.objects()) {
    files.versions_[version.url()] = {version.etag(), version.size_bytes()};
  }
  // First what takes no time, and is wrong where credentials are.
  WEFT_RETURN_IF_ERROR(files.StageOutput(options.cache_folder + "/outgoing", watch));
  WEFT_RETURN_IF_ERROR(files.FetchClips(watch));
  return files;
}

Status TaskFiles::StageOutput(const std::string& folder, const TransferWatch& watch) {
  const std::string url = task_.job().output_path();
  if (!IsObjectUrl(url) || !WritesOutput(task_)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const ObjectPlace place, ParseObjectUrl(url));
  WEFT_ASSIGN_OR_RETURN(StagedOutput staged, StagedOutput::Open(folder, place, store_));
  output_.emplace(std::move(staged));
  names_[output_->Path()] = url;
  task_.mutable_job()->set_output_path(output_->Path());
  return task_.attempt().task().stage() == v1::STAGE_PROBE ? output_->CheckWritable(store_, watch)
                                                           : Status();
}

Status TaskFiles::FetchClips(const TransferWatch& watch) {
  v1::JobSpec& job = *task_.mutable_job();
  WEFT_RETURN_IF_ERROR(FetchClip(*job.mutable_input_path(), watch));
  WEFT_RETURN_IF_ERROR(FetchClip(*job.mutable_guide_path(), watch));
  WEFT_RETURN_IF_ERROR(FetchClip(*job.mutable_keys_path(), watch));
  if (!ReadsMaps(task_)) {
    return {};
  }
  for (v1::Control& control : *job.mutable_controls()) {
    WEFT_RETURN_IF_ERROR(FetchClip(*control.mutable_maps_path(), watch));
  }
  return {};
}

Status TaskFiles::FetchClip(std::string& path, const TransferWatch& watch) {
  if (!IsObjectUrl(path)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const ObjectPlace place, ParseObjectUrl(path));
  WEFT_ASSIGN_OR_RETURN(const ObjectVersion version, VersionOf(place, watch));
  WEFT_ASSIGN_OR_RETURN(CachedObject clip, cache_.Fetch(place, version, store_, watch));
  names_[clip.Path()] = path;
  path = clip.Path();
  clips_.push_back(std::move(clip));
  return {};
}

Result<ObjectVersion> TaskFiles::VersionOf(const ObjectPlace& place, const TransferWatch& watch) {
  const auto known = versions_.find(place.Url());
  if (known != versions_.end()) {
    return known->second;
  }
  WEFT_ASSIGN_OR_RETURN(const ObjectVersion version, store_.Look(place, watch));
  versions_[place.Url()] = version;
  return version;
}

v1::ObjectVersions TaskFiles::Versions() const {
  v1::ObjectVersions versions;
  for (const auto& [url, version] : versions_) {
    v1::ObjectVersion& object = *versions.add_objects();
    object.set_url(url);
    object.set_etag(version.etag);
    object.set_size_bytes(version.size_bytes);
  }
  return versions;
}

Status TaskFiles::Publish(const TransferWatch& watch) {
  const bool is_made = task_.attempt().task().stage() == v1::STAGE_ASSEMBLE;
  return is_made && output_ ? output_->Publish(store_, watch) : Status();
}

Error TaskFiles::Named(const Error& error) const {
  std::string message = error.message();
  for (const auto& [path, url] : names_) {
    for (std::size_t at = message.find(path); at != std::string::npos;
         at = message.find(path, at + url.size())) {
      message.replace(at, path.size(), url);
    }
  }
  return {error.code(), message};
}

}  // namespace weft::worker
