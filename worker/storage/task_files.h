// The files of a task that lie in an S3-compatible store, or with the coordinator, as files here.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/blob_store.h"
#include "common/result.h"
#include "common/storage/s3_access.h"
#include "common/storage/s3_store.h"
#include "weft/v1/object.pb.h"
#include "weft/v1/task.pb.h"
#include "worker/storage/file_names.h"
#include "worker/storage/kept_output.h"
#include "worker/storage/object_cache.h"
#include "worker/storage/staged_output.h"

namespace weft::worker {

struct StorageOptions {
  S3Options s3;
  std::string cache_folder;  // Empty: this worker has no place for what it fetches.
  std::uint64_t cache_bytes = 50'000'000'000;
};

// One task's. What it was given stays as it is as long as this lives.
class TaskFiles {
 public:
  // Fetches what the task reads. versions: those that the job began with, as its probe noted them;
  // the probe itself has none and takes what is there. blobs: the coordinator's.
  // kFailedPrecondition: this worker has no place for it; another one may.  Others: as S3Store, and
  // as ReadUpload().
  static Result<TaskFiles> Bring(const v1::Task& task,
                                 const v1::ObjectVersions& versions,
                                 const StorageOptions& options,
                                 BlobStore& blobs,
                                 const TransferWatch& watch);

  // The task, with paths of this machine.
  [[nodiscard]] const v1::Task& Task() const { return task_; }

  // Of the objects that were read.
  [[nodiscard]] v1::ObjectVersions Versions() const;

  // The task has made its output, where it makes one: it becomes an object, or outputs of the task,
  // which `sink` takes. Errors: as S3Store::Write, and as KeptOutput::Send.
  Status Publish(const OutputSink& sink, const TransferWatch& watch);

  // The same error, with the names that the job has for files. What was to be written on this
  // worker's own disk and could not is kFailedPrecondition: another worker may.
  [[nodiscard]] Error Named(const Error& error) const;

 private:
  TaskFiles(v1::Task task, ObjectCache cache) : task_(std::move(task)), cache_(std::move(cache)) {}

  Status OpenStore(const S3Options& options);
  Status FetchObjects(const TransferWatch& watch);
  Status FetchObject(std::string& path, const TransferWatch& watch);
  Status FetchLook(BlobStore& blobs, const TransferWatch& watch);
  Status FetchUploads(BlobStore& blobs, const TransferWatch& watch);
  // Embeddings and models, for who goes by what their files are called.
  Status NameFiles(const std::string& folder);
  Status NameModels(FileNames& names);
  // What is at `path` is the file that the job calls `path`.
  void Take(CachedObject file, std::string& path);
  Status StageObject(const std::string& folder, const TransferWatch& watch);
  Status StageResult(const std::string& folder);
  void WriteAt(const std::string& path);
  // Of the probe, or what is there now.
  Result<ObjectVersion> VersionOf(const ObjectPlace& place, const TransferWatch& watch);

  v1::Task task_;
  ObjectCache cache_;
  std::optional<S3Store> store_;  // Where the job has objects.
  std::string store_name_;
  std::vector<CachedObject> files_;
  std::map<std::string, ObjectVersion> versions_;  // By URL.
  std::map<std::string, std::string> names_;       // URLs by paths here.
  std::optional<StagedOutput> object_;             // The output, where it is to be one,
  std::optional<KeptOutput> result_;               // or where the coordinator keeps it.
};

}  // namespace weft::worker
