// Files that jobs have written and the coordinator keeps, copied here.

#pragma once

#include <functional>
#include <string>

#include "common/blob_store.h"
#include "common/error.h"
#include "common/result.h"
#include "weft/v1/task.pb.h"

namespace weft::cli {

struct FetchOptions {
  bool replaces = false;             // What has a file's name and is another file.
  std::function<bool()> is_stopped;  // Asked before each piece, where there is one.
};

// kAlreadyExists: the path is taken, by something else than the file that is to come there.
Error IsTaken(const std::string& path);

// Copies all files of a result into `folder`, and returns the video's path there. Each appears only
// whole, with the bytes that were written; the video last. What was cut off goes on at the piece
// where it was, from NAME.SUM.part; files that are there are not read again. Holds one piece at a
// time.
// IsTaken(): of a file that is there and may not be replaced; then nothing is fetched.
// kNotFound: it is not kept any more.  kDataLoss: what is stored is damaged.  kCancelled: it was
// stopped.  kPermissionDenied, kNoSpace: a file cannot be written, or the result is somebody
// else's.  kUnavailable: the store is away.
Result<std::string> FetchResult(const v1::BlobRef& index,
                                BlobStore& blobs,
                                const std::string& folder,
                                const FetchOptions& options);

}  // namespace weft::cli
