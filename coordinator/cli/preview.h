// `weft preview`: how a render looks by now.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/blob_store.h"
#include "common/result.h"
#include "coordinator/cli/preview_sheet.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

struct PreviewRequest {
  std::string state;   // A coordinator's or a render's state folder, in use or not.
  std::string job;     // Empty: the one that was submitted last.
  std::string output;  // A .png file.
};

// Writes a sheet of the job's previews and returns what it shows, in words.
// kNotFound: no such folder or job.  kFailedPrecondition: the job has no previews, or none yet.
// Other errors: the state cannot be read, or the file not written.
Result<std::string> WritePreviews(const PreviewRequest& request);

// The same of a job that is known: clip: absent until the probe is done.  fetch: those of the plan
// that are there.
using FetchPreviews = std::function<Result<Previews>(const SheetPlan& plan)>;
Result<std::string> WriteSheet(const v1::JobSpec& spec,
                               const std::optional<v1::Clip>& clip,
                               const std::string& output,
                               const FetchPreviews& fetch);

// Adds the picture that `blobs` has under `key`. One that cannot be read is as one that is not
// there yet.
void AddPreview(std::uint32_t round,
                std::uint32_t chunk,
                const std::string& key,
                BlobStore& blobs,
                Previews& previews);

}  // namespace weft::cli
