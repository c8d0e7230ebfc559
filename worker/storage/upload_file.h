// Files that were handed to the coordinator, as files here.

#pragma once

#include <functional>
#include <string>

#include "common/blob_store.h"
#include "common/result.h"
#include "common/storage/upload_place.h"

namespace weft::worker {

// Appends to `path` what it lacks of the file; what it holds already must be its beginning. Holds
// one piece at a time. is_stopped: asked before each; empty: nobody stops it.
// kNotFound: it is not in the store (any more).  kInvalidArgument: what is stored is another file
// than was announced; it is dropped there, and what is here is of no use.
// kUnavailable: the disk is full, or the store is away.  kCancelled: it was stopped.
// kDataLoss: a stored piece is damaged.
Status ReadUpload(const UploadPlace& place,
                  BlobStore& blobs,
                  const std::string& path,
                  const std::function<bool()>& is_stopped);

}  // namespace weft::worker
