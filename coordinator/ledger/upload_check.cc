#include "coordinator/ledger/upload_check.h"

#include <optional>
#include <set>

#include "common/blob/blob_loss.h"
#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"

namespace weft::coordinator {
namespace {

// Nothing: it is as it should be, or nobody can say, which is reported.
std::optional<std::string> WhatIsWrong(const UploadPiece& piece,
                                       const std::string& key,
                                       BlobStore& blobs,
                                       StateCheck& check) {
  const Result<std::string> bytes = blobs.Get(key);
  if (!bytes && SaysThatItIsLost(bytes.error())) {
    return bytes.error().message();
  }
  if (!bytes) {
    check.defects.push_back({key, bytes.error().message() + ": it may be whole", "", std::nullopt});
    return std::nullopt;
  }
  const std::uint64_t size = piece.place.PieceBytes(piece.number);
  return bytes->size() == size ? std::nullopt
                               : std::optional("it has " + std::to_string(bytes->size()) +
                                               " bytes of " + std::to_string(size));
}

void ReportGone(const Job& job,
                const UploadPlace& place,
                const std::set<std::string>& there,
                StateCheck& check) {
  for (std::uint32_t piece = 0; piece < place.PieceCount(); ++piece) {
    const std::string key = place.PieceKey(piece);
    if (there.count(key) == 0) {
      check.defects.push_back({key,
                               "it is gone, and " + job.id.value + " reads it: weft submit " +
                                   "--upload, with the same files and token, brings it again",
                               "", std::nullopt});
    }
  }
}

}  // namespace

void CheckUploads(const std::vector<const Job*>& jobs,
                  const std::vector<std::string>& keys,
                  BlobStore& blobs,
                  StateCheck& check) {
  std::set<std::string> there;
  for (const std::string& key : keys) {
    const auto piece = ParsePieceKey(key);
    if (!piece.has_value()) {
      continue;
    }
    there.insert(key);
    ++check.blob_count;
    if (const auto wrong = WhatIsWrong(*piece, key, blobs, check); wrong.has_value()) {
      check.blob_deletes.push_back(key);
      check.defects.push_back({key, *wrong,
                               "it is dropped; weft submit --upload, with the same files and "
                               "token, brings it again",
                               std::nullopt});
    }
  }
  for (const Job* const job : jobs) {
    if (!IsOpen(job->state)) {
      continue;
    }
    for (const std::string* const file : FilesOf(job->spec)) {
      if (const auto place = ParseUploadUrl(*file); place) {
        ReportGone(*job, *place, there, check);
      }
    }
  }
}

}  // namespace weft::coordinator
