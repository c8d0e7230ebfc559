// A file that is to become an object, made here first.

#pragma once

#include <string>
#include <utility>

#include "common/result.h"
#include "common/storage/object_place.h"
#include "common/storage/s3_store.h"
#include "worker/storage/own_folder.h"

namespace weft::worker {

// It has a folder of its own below `folder`, which goes with this. Uploads in parts are noted there
// as long as they last: what a killed process has left, files and uploads, goes with the next one
// that opens here.
class StagedOutput {
 public:
  // kPermissionDenied, kNoSpace: the folder cannot be made.
  static Result<StagedOutput> Open(const std::string& folder,
                                   const ObjectPlace& place,
                                   S3Store& store);

  // Where to write it; has the object's name.
  [[nodiscard]] std::string Path() const { return folder_.Path() + "/" + place_.FileName(); }

  // Writes the objects of all files there whose names begin with the object's own; that one last,
  // so that all is there when it is. Errors: as S3Store::Write.
  Status Publish(S3Store& store, const TransferWatch& watch);
  // Whether Publish() would be let.
  Status CheckWritable(S3Store& store, const TransferWatch& watch);

 private:
  StagedOutput(OwnFolder folder, ObjectPlace place)
      : folder_(std::move(folder)), place_(std::move(place)) {}

  Status Write(const ObjectPlace& place, S3Store& store, const TransferWatch& watch);
  // Of transfers to `place`: what is told to `watch`, and the notes.
  [[nodiscard]] TransferWatch Noting(const ObjectPlace& place, const TransferWatch& watch) const;

  OwnFolder folder_;
  ObjectPlace place_;
};

}  // namespace weft::worker
