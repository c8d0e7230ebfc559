#include "worker/storage/look_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "common/checksum.h"
#include "common/storage/look_place.h"
#include "common/storage/result_place.h"
#include "common/storage/sha256_sum.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

Error Damaged(const std::string& what) {
  return {ErrorCode::kDataLoss,
          what + " is damaged in the coordinator's store; weft fsck says more"};
}

// what: for messages.
Result<std::string> Get(const std::string& key, const std::string& what, BlobStore& blobs) {
  auto bytes = blobs.Get(key);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) {
    return Failure(ErrorCode::kInvalidArgument,
                   what + ": the coordinator does not keep it any more; render it again");
  }
  return bytes;
}

}  // namespace

Result<KeptFile> FindLook(const v1::Task& task, const std::string& look, BlobStore& blobs) {
  const auto input =
      std::find_if(task.inputs().begin(), task.inputs().end(),
                   [](const v1::Input& each) { return each.stage() == v1::STAGE_ASSEMBLE; });
  if (input == task.inputs().end()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "anchors: " + look +
                       ": the coordinator does not keep the result of that job any more; render it "
                       "again");
  }
  const v1::BlobRef& blob = input->blob();
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, Get(blob.key(), "anchors: " + look, blobs));
  v1::ResultIndex index;
  if (Xxh3(bytes) != blob.checksum() || !index.ParseFromString(bytes) || index.files().empty()) {
    return Failure(Damaged(blob.key()));
  }
  const std::string name = LookBeside(index.files(0).name());
  for (int number = 1; number < index.files_size(); ++number) {
    if (index.files(number).name() == name) {
      return KeptFile{blob.key(), static_cast<std::uint32_t>(number), index.files(number)};
    }
  }
  return Failure(ErrorCode::kInvalidArgument, "anchors: " + look + ": its result has none");
}

Status ReadKeptFile(const KeptFile& kept,
                    BlobStore& blobs,
                    const std::string& path,
                    const std::function<bool()>& is_stopped) {
  const std::uint64_t size_bytes = kept.file.size_bytes();
  std::error_code error;
  std::uint64_t at = fs::exists(path, error) ? fs::file_size(path, error) : 0;
  at = std::min(at, size_bytes) / kResultPieceBytes * kResultPieceBytes;
  std::ofstream file(path, std::ios::binary | std::ios::app);
  fs::resize_file(path, at, error);
  while (at < size_bytes && file && !error) {
    if (is_stopped && is_stopped()) {
      return Failure(ErrorCode::kCancelled, "it was stopped");
    }
    const auto piece = static_cast<std::uint32_t>(at / kResultPieceBytes);
    WEFT_ASSIGN_OR_RETURN(
        const std::string bytes,
        Get(kept.index_key + ResultPieceSuffix(kept.number, piece), kept.file.name(), blobs));
    if (bytes.size() != std::min(kResultPieceBytes, size_bytes - at)) {
      return Failure(Damaged(kept.file.name()));
    }
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    at += bytes.size();
  }
  if (!file || error) {
    return Failure(ErrorCode::kUnavailable, "cannot write " + path + ": is the disk full?");
  }
  file.close();
  WEFT_ASSIGN_OR_RETURN(const std::string sum, Sha256OfFile(path));
  if (sum == kept.file.sha256()) {
    return {};
  }
  fs::resize_file(path, 0, error);
  return Failure(Damaged(kept.file.name()));
}

}  // namespace weft::worker
