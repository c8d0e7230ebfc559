#include "worker/storage/staged_output.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "common/failpoint.h"
#include "common/whole_file.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNote = "/.upload";  // In a folder: an object's URL, and its upload's id.

void EndUpload(const std::string& folder, S3Store& store) {
  std::ifstream note(folder + kNote);
  std::string url;
  std::string upload;
  if (!std::getline(note, url) || !std::getline(note, upload)) {
    return;
  }
  if (const auto place = ParseObjectUrl(url); place) {
    // What cannot be ended now is left to the bucket's own rules.
    static_cast<void>(store.Abort(*place, upload, {}));
  }
}

}  // namespace

Result<StagedOutput> StagedOutput::Open(const std::string& folder,
                                        const ObjectPlace& place,
                                        S3Store& store) {
  WEFT_ASSIGN_OR_RETURN(OwnFolder own, OwnFolder::Open(folder, [&store](const std::string& left) {
                          EndUpload(left, store);
                        }));
  return StagedOutput(std::move(own), place);
}

TransferWatch StagedOutput::Noting(const ObjectPlace& place, const TransferWatch& watch) const {
  TransferWatch noting = watch;
  const std::string note = folder_.Path() + kNote;
  noting.began = [place, note](const std::string& upload) {
    return WriteWholeFile(note, place.Url() + "\n" + upload + "\n");
  };
  noting.ended = [note](const std::string& /*upload*/) {
    std::error_code ignored;
    fs::remove(note, ignored);
  };
  return noting;
}

Status StagedOutput::Write(const ObjectPlace& place, S3Store& store, const TransferWatch& watch) {
  return store.Write(place, folder_.Path() + "/" + place.FileName(), Noting(place, watch));
}

Status StagedOutput::Publish(S3Store& store, const TransferWatch& watch) {
  const std::string name = place_.FileName();
  TransferWatch quiet = watch;
  quiet.moved = nullptr;
  for (const std::string& file : folder_.FilesNamedAs(name)) {
    if (file != name) {
      const std::string key = place_.key + file.substr(name.size());
      WEFT_RETURN_IF_ERROR(Write({place_.bucket, key}, store, quiet));
    }
  }
  Failpoint("storage/before-output");
  return Write(place_, store, watch);
}

Status StagedOutput::CheckWritable(S3Store& store, const TransferWatch& watch) {
  return store.CheckWritable(place_, Noting(place_, watch));
}

}  // namespace weft::worker
