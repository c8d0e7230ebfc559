// Anchors that another job has saved with its result, as a file here.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/blob_store.h"
#include "common/result.h"
#include "weft/v1/result.pb.h"
#include "weft/v1/task.pb.h"

namespace weft::worker {

// A file of a result that the coordinator keeps.
struct KeptFile {
  std::string index_key;  // Of the list of the result's files.
  std::uint32_t number = 0;
  v1::ResultFile file;
};

// The one with anchors in the result that the task's input lists. look: what the job calls it.
// kInvalidArgument: the coordinator does not keep that result any more, or it has none.
// kDataLoss: the list is damaged.
Result<KeptFile> FindLook(const v1::Task& task, const std::string& look, BlobStore& blobs);

// Appends to `path` what it lacks of the file; what it holds already must be its beginning. Holds
// one piece at a time. is_stopped: asked before each; empty: nobody stops it.
// kInvalidArgument: the coordinator does not keep it any more.  kUnavailable: the disk is full, or
// the store is away.  kCancelled: it was stopped.  kDataLoss: it is damaged in the store.
Status ReadKeptFile(const KeptFile& kept,
                    BlobStore& blobs,
                    const std::string& path,
                    const std::function<bool()>& is_stopped);

}  // namespace weft::worker
