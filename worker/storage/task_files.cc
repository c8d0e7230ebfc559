#include "worker/storage/task_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/ids.h"
#include "common/plan/statistics.h"
#include "common/storage/look_place.h"
#include "common/storage/model_place.h"
#include "common/storage/result_place.h"
#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"
#include "worker/storage/file_names.h"
#include "worker/storage/look_file.h"
#include "worker/storage/upload_file.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

// The first of a job's tasks, which looks at all its files.
bool IsIndex(const v1::Task& task) {
  const v1::TaskId& id = task.attempt().task();
  return id.stage() == v1::STAGE_PROBE && id.round() == kProbeIndex;
}

// Control maps are read by these alone.
bool ReadsMaps(const v1::Task& task) {
  return IsIndex(task) || task.attempt().task().stage() == v1::STAGE_ANNOTATE;
}

// Whoever renders, and whoever decodes: where frames are measured first, those that do that.
bool LoadsModel(const v1::Task& task) {
  const v1::TaskId& id = task.attempt().task();
  const std::uint32_t decoding = task.job().steady_colours() ? kMeasureRound : 0;
  return IsIndex(task) || id.stage() == v1::STAGE_ANCHOR || id.stage() == v1::STAGE_DENOISE ||
         (id.stage() == v1::STAGE_FINISH && id.round() == decoding);
}

// Parts of models are read by who loads these, anchors by the first.
bool Reads(const v1::Task& task, const std::string& file) {
  const v1::JobSpec& job = task.job();
  if (task.attempt().task().stage() == v1::STAGE_ENCODE) {
    return false;
  }
  const bool is_clip =
      file == job.input_path() || file == job.guide_path() || file == job.keys_path();
  const bool is_of_maps =
      std::any_of(job.controls().begin(), job.controls().end(),
                  [&](const v1::Control& control) { return control.maps_path() == file; });
  return is_clip || IsIndex(task) ||
         (is_of_maps ? ReadsMaps(task) : LoadsModel(task) && file != job.look_path());
}

bool ConcernsADisk(const Error& error) {
  return error.code() == ErrorCode::kNoSpace || error.code() == ErrorCode::kPermissionDenied;
}

// Of a place on this worker's own disk: the task may find one elsewhere.
Error OfThisWorker(const Error& error) {
  return ConcernsADisk(error) ? Error(ErrorCode::kFailedPrecondition,
                                      "this worker cannot write its cache: " + error.message())
                              : error;
}

template <typename T>
Result<T> OnThisWorker(Result<T> opened) {
  return opened ? std::move(opened) : Result<T>(Failure(OfThisWorker(opened.error())));
}

bool WritesOutput(const v1::Task& task) {
  return IsIndex(task) || task.attempt().task().stage() == v1::STAGE_ASSEMBLE;
}

}  // namespace

Result<TaskFiles> TaskFiles::Bring(const v1::Task& task,
                                   const v1::ObjectVersions& versions,
                                   const StorageOptions& options,
                                   BlobStore& blobs,
                                   const TransferWatch& watch) {
  if (options.cache_folder.empty()) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "this worker has no folder for what it fetches: give it one with --cache");
  }
  WEFT_ASSIGN_OR_RETURN(
      ObjectCache cache,
      OnThisWorker(ObjectCache::Open(options.cache_folder + "/objects", options.cache_bytes)));
  TaskFiles files(task, std::move(cache));
  for (const v1::ObjectVersion& version : versions.objects()) {
    files.versions_[version.url()] = {version.etag(), version.size_bytes()};
  }
  if (UsesObjects(task.job())) {
    WEFT_RETURN_IF_ERROR(files.OpenStore(options.s3));
    // First what takes no time, and is wrong where credentials are.
    WEFT_RETURN_IF_ERROR(files.StageObject(options.cache_folder + "/outgoing", watch));
    WEFT_RETURN_IF_ERROR(files.FetchObjects(watch));
  }
  WEFT_RETURN_IF_ERROR(files.StageResult(options.cache_folder + "/results"));
  WEFT_RETURN_IF_ERROR(files.FetchLook(blobs, watch));
  WEFT_RETURN_IF_ERROR(files.FetchUploads(blobs, watch));
  WEFT_RETURN_IF_ERROR(files.NameFiles(options.cache_folder + "/names"));
  return files;
}

Status TaskFiles::OpenStore(const S3Options& options) {
  WEFT_ASSIGN_OR_RETURN(S3Access access, ResolveS3(options, ProcessEnvironment()));
  store_name_ = access.scheme + "://" + access.host;
  store_.emplace(std::move(access));
  return {};
}

Status TaskFiles::StageObject(const std::string& folder, const TransferWatch& watch) {
  const std::string url = task_.job().output_path();
  if (!IsObjectUrl(url) || !WritesOutput(task_)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const ObjectPlace place, ParseObjectUrl(url));
  WEFT_ASSIGN_OR_RETURN(StagedOutput staged,
                        OnThisWorker(StagedOutput::Open(folder, place, *store_)));
  object_.emplace(std::move(staged));
  WriteAt(object_->Path());
  return IsIndex(task_) ? object_->CheckWritable(*store_, watch) : Status();
}

Status TaskFiles::StageResult(const std::string& folder) {
  const std::string url = task_.job().output_path();
  if (!IsResultUrl(url) || !WritesOutput(task_)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const ResultPlace place, ParseResultUrl(url));
  WEFT_ASSIGN_OR_RETURN(KeptOutput kept, OnThisWorker(KeptOutput::Open(folder, place)));
  result_.emplace(std::move(kept));
  WriteAt(result_->Path());
  return {};
}

void TaskFiles::WriteAt(const std::string& path) {
  names_[path] = task_.job().output_path();
  task_.mutable_job()->set_output_path(path);
}

Status TaskFiles::FetchObjects(const TransferWatch& watch) {
  v1::JobSpec& job = *task_.mutable_job();
  WEFT_RETURN_IF_ERROR(FetchObject(*job.mutable_input_path(), watch));
  WEFT_RETURN_IF_ERROR(FetchObject(*job.mutable_guide_path(), watch));
  WEFT_RETURN_IF_ERROR(FetchObject(*job.mutable_keys_path(), watch));
  if (!ReadsMaps(task_)) {
    return {};
  }
  for (v1::Control& control : *job.mutable_controls()) {
    WEFT_RETURN_IF_ERROR(FetchObject(*control.mutable_maps_path(), watch));
  }
  return {};
}

Status TaskFiles::FetchObject(std::string& path, const TransferWatch& watch) {
  if (!IsObjectUrl(path)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const ObjectPlace place, ParseObjectUrl(path));
  WEFT_ASSIGN_OR_RETURN(const ObjectVersion version, VersionOf(place, watch));
  WEFT_ASSIGN_OR_RETURN(CachedObject clip, cache_.Fetch(
                                               {store_name_, place.Url(), version},
                                               [&](const std::string& file) {
                                                 return store_->Read(place, version, file, watch);
                                               },
                                               watch.is_stopped));
  Take(std::move(clip), path);
  return {};
}

Status TaskFiles::FetchLook(BlobStore& blobs, const TransferWatch& watch) {
  std::string& path = *task_.mutable_job()->mutable_look_path();
  if (!ParseLookUrl(path).has_value() || !IsIndex(task_)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const KeptFile look, FindLook(task_, path, blobs));
  WEFT_ASSIGN_OR_RETURN(
      CachedObject file,
      cache_.Fetch(
          {"", path + "/" + look.file.name(), {look.file.sha256(), look.file.size_bytes()}},
          [&](const std::string& part) {
            return ReadKeptFile(look, blobs, part, watch.is_stopped);
          },
          watch.is_stopped));
  Take(std::move(file), path);
  return {};
}

Status TaskFiles::FetchUploads(BlobStore& blobs, const TransferWatch& watch) {
  v1::JobSpec& job = *task_.mutable_job();
  for (std::string* const path : FilesOf(job)) {
    if (!IsUploadUrl(*path) || !Reads(task_, *path)) {
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const UploadPlace place, ParseUploadUrl(*path));
    WEFT_ASSIGN_OR_RETURN(CachedObject file,
                          cache_.Fetch(
                              {"", place.Url(), {place.sha256, place.size_bytes}},
                              [&](const std::string& part) {
                                return ReadUpload(place, blobs, part, watch.is_stopped);
                              },
                              watch.is_stopped));
    Take(std::move(file), *path);
  }
  return {};
}

Status TaskFiles::NameFiles(const std::string& folder) {
  v1::JobSpec& job = *task_.mutable_job();
  const auto& embeddings = job.embedding_paths();
  const bool has_embeddings =
      std::any_of(embeddings.begin(), embeddings.end(),
                  [&](const std::string& path) { return names_.count(path) > 0; });
  if (!has_embeddings && (job.models().empty() || !LoadsModel(task_))) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(FileNames names, OnThisWorker(FileNames::Open(folder)));
  WEFT_RETURN_IF_ERROR(NameModels(names));
  for (std::string& path : *job.mutable_embedding_paths()) {
    if (const auto named = names_.find(path); named != names_.end()) {
      // The prompt calls it what its file is called.
      const std::string url = named->second;
      WEFT_ASSIGN_OR_RETURN(path, names.Name(path, url.substr(url.rfind('/') + 1)));
      names_[path] = url;
    }
  }
  return {};
}

Status TaskFiles::NameModels(FileNames& names) {
  if (!LoadsModel(task_)) {
    return {};
  }
  v1::JobSpec& job = *task_.mutable_job();
  for (const v1::HandedInModel& model : job.models()) {
    const auto place = ParseModelUrl(model.url());
    std::map<std::string, std::string> parts;
    for (const v1::ModelPart& part : model.parts()) {
      if (!place.has_value() || !IsNameInPlace(part.name())) {
        return Failure(ErrorCode::kInvalidArgument, model.url() + ": no model: " + part.name());
      }
      parts[part.name()] = part.url();  // A file here by now.
    }
    WEFT_ASSIGN_OR_RETURN(const std::string tree, names.Tree(parts));
    const std::string path = tree + "/" + place->name;
    names_[path] = model.url();
    for (std::string* const named : ModelPathsOf(job)) {
      if (*named == model.url()) {
        *named = path;
      }
    }
  }
  return {};
}

void TaskFiles::Take(CachedObject file, std::string& path) {
  names_[file.Path()] = path;
  path = file.Path();
  files_.push_back(std::move(file));
}

Result<ObjectVersion> TaskFiles::VersionOf(const ObjectPlace& place, const TransferWatch& watch) {
  const auto known = versions_.find(place.Url());
  if (known != versions_.end()) {
    return known->second;
  }
  WEFT_ASSIGN_OR_RETURN(const ObjectVersion version, store_->Look(place, watch));
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

Status TaskFiles::Publish(const OutputSink& sink, const TransferWatch& watch) {
  if (task_.attempt().task().stage() != v1::STAGE_ASSEMBLE) {
    return {};
  }
  if (object_) {
    return object_->Publish(*store_, watch);
  }
  return result_ ? result_->Send(sink, watch) : Status();
}

Error TaskFiles::Named(const Error& error) const {
  const bool is_of_output =
      (object_ || result_) && error.message().find(task_.job().output_path()) != std::string::npos;
  if (is_of_output && ConcernsADisk(error)) {
    return OfThisWorker(error);  // With the path that the operator knows.
  }
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
