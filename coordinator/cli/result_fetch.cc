#include "coordinator/cli/result_fetch.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "common/storage/result_place.h"
#include "common/storage/sha256_sum.h"
#include "common/whole_file.h"
#include "weft/v1/result.pb.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

Error Damaged(const std::string& what) {
  return {ErrorCode::kDataLoss,
          what + " is damaged in the coordinator's store; weft fsck says more"};
}

Result<std::string> GetBlob(const std::string& key, std::uint64_t size_bytes, BlobStore& blobs) {
  Result<std::string> bytes = blobs.Get(key);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) {
    return Failure(ErrorCode::kNotFound, key + ": the coordinator does not have it any more");
  }
  if (bytes && bytes->size() != size_bytes) {
    return Failure(Damaged(key));
  }
  return bytes;
}

bool HasSum(const std::string& path, const v1::ResultFile& file) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) != file.size_bytes()) {
    return false;
  }
  const auto sum = Sha256OfFile(path);
  return sum && *sum == file.sha256();
}

// Names come from a worker: none leads out of the folder.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

class Fetch {
 public:
  Fetch(std::string index_key,
        BlobStore& blobs,
        const std::string& folder,
        const FetchOptions& options)
      : index_key_(std::move(index_key)), blobs_(blobs), folder_(folder), options_(options) {}

  [[nodiscard]] Status CheckThatFree(const v1::ResultFile& file) const {
    const std::string path = (folder_ / file.name()).string();
    std::error_code ignored;
    if (options_.replaces || !fs::exists(path, ignored) || HasSum(path, file)) {
      return {};
    }
    return Failure(IsTaken(path));
  }

  Status FetchFile(std::uint32_t number, const v1::ResultFile& file) {
    const std::string path = (folder_ / file.name()).string();
    if (HasSum(path, file)) {
      return {};
    }
    constexpr std::size_t kSumDigits = 16;
    const std::string part = path + "." + file.sha256().substr(0, kSumDigits) + ".part";
    for (int tries = 0; tries < 2; ++tries) {  // Once more, should the part have been damaged here.
      WEFT_RETURN_IF_ERROR(Append(number, file, part));
      if (HasSum(part, file)) {
        return PutInPlace(part, path);
      }
      std::error_code ignored;
      fs::remove(part, ignored);
    }
    return Failure(Damaged(file.name()));
  }

 private:
  // What the part lacks of the file, from its last whole piece on.
  Status Append(std::uint32_t number, const v1::ResultFile& file, const std::string& part) {
    std::error_code error;
    const std::uint64_t has = fs::exists(part, error) ? fs::file_size(part, error) : 0;
    auto piece = static_cast<std::uint32_t>(std::min(has, file.size_bytes()) / kResultPieceBytes);
    std::uint64_t at = piece * kResultPieceBytes;
    std::ofstream stream(part, std::ios::binary | std::ios::app);
    fs::resize_file(part, at, error);
    if (!stream || error) {
      return CannotWrite(part);
    }
    for (; at < file.size_bytes(); ++piece) {
      if (options_.is_stopped && options_.is_stopped()) {
        return Failure(ErrorCode::kCancelled, "it was stopped; the same command goes on");
      }
      WEFT_ASSIGN_OR_RETURN(const std::string bytes,
                            GetBlob(index_key_ + ResultPieceSuffix(number, piece),
                                    std::min(kResultPieceBytes, file.size_bytes() - at), blobs_));
      stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      if (!stream.flush()) {
        return CannotWrite(part);
      }
      at += bytes.size();
    }
    return {};
  }

  static Status CannotWrite(const std::string& part) {
    const std::error_code why(errno, std::generic_category());
    return Failure(
        why == std::errc::no_space_on_device ? ErrorCode::kNoSpace : ErrorCode::kPermissionDenied,
        "cannot write " + part + ": " + why.message());
  }

  const std::string index_key_;
  BlobStore& blobs_;
  const fs::path folder_;
  const FetchOptions& options_;
};

}  // namespace

Error IsTaken(const std::string& path) {
  return {ErrorCode::kAlreadyExists,
          path +
              " is there already, and is another file: fetch into another folder with -o, or "
              "replace it with --replace"};
}

Result<std::string> FetchResult(const v1::BlobRef& index,
                                BlobStore& blobs,
                                const std::string& folder,
                                const FetchOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, GetBlob(index.key(), index.size_bytes(), blobs));
  v1::ResultIndex list;
  const bool is_list = list.ParseFromString(bytes) && !list.files().empty();
  if (!is_list || !std::all_of(list.files().begin(), list.files().end(),
                               [](const auto& file) { return IsPlainName(file.name()); })) {
    return Failure(Damaged(index.key()));
  }
  Fetch fetch(index.key(), blobs, folder, options);
  for (const v1::ResultFile& file : list.files()) {
    WEFT_RETURN_IF_ERROR(fetch.CheckThatFree(file));
  }
  for (int number = list.files_size() - 1; number >= 0; --number) {
    WEFT_RETURN_IF_ERROR(fetch.FetchFile(static_cast<std::uint32_t>(number), list.files(number)));
  }
  return (fs::path(folder) / list.files(0).name()).string();
}

}  // namespace weft::cli
