#include "worker/storage/upload_file.h"

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "common/storage/sha256_sum.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

Result<std::string> GetPiece(const UploadPlace& place, std::uint32_t number, BlobStore& blobs) {
  auto piece = blobs.Get(place.PieceKey(number));
  if (!piece && piece.error().code() == ErrorCode::kNotFound) {
    return Failure(ErrorCode::kNotFound, place.Url() +
                                             ": the coordinator does not have it any more; weft "
                                             "submit --upload hands it in again");
  }
  if (piece && piece->size() != place.PieceBytes(number)) {
    return Failure(ErrorCode::kDataLoss, place.Url() + ": a piece has another size");
  }
  return piece;
}

// Whole pieces that the file has; it is cut behind them.
Result<std::uint32_t> KeepWholePieces(const UploadPlace& place, const std::string& path) {
  std::error_code error;
  const std::uint64_t size = fs::exists(path, error) ? fs::file_size(path, error) : 0;
  if (size >= place.size_bytes) {
    return size == place.size_bytes ? place.PieceCount() : 0;
  }
  const auto pieces = static_cast<std::uint32_t>(size / kUploadPieceBytes);
  if (size > pieces * kUploadPieceBytes) {
    fs::resize_file(path, pieces * kUploadPieceBytes, error);
  }
  return error ? Result<std::uint32_t>(Failure(ErrorCode::kUnavailable,
                                               "cannot write " + path + ": " + error.message()))
               : pieces;
}

// Of the file as the coordinator has it.
Result<std::string> SumOfPieces(const UploadPlace& place, BlobStore& blobs) {
  Sha256Sum sum;
  for (std::uint32_t number = 0; number < place.PieceCount(); ++number) {
    WEFT_ASSIGN_OR_RETURN(const std::string piece, GetPiece(place, number, blobs));
    sum.Add(piece);
  }
  return sum.Take();
}

Status CheckSum(const UploadPlace& place, BlobStore& blobs, const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(const std::string sum, Sha256OfFile(path));
  if (sum == place.sha256) {
    return {};
  }
  std::error_code ignored;
  fs::resize_file(path, 0, ignored);
  // What is here may be damaged alone: others read what was handed in.
  WEFT_ASSIGN_OR_RETURN(const std::string handed_in, SumOfPieces(place, blobs));
  if (handed_in == place.sha256) {
    return Failure(ErrorCode::kUnavailable,
                   path + ": holds other bytes than were written; is the disk sound?");
  }
  // So that it can be handed in anew: pieces that are there are not sent again.
  WEFT_RETURN_IF_ERROR(blobs.DeletePrefix(place.Prefix()));
  return Failure(ErrorCode::kInvalidArgument,
                 place.Url() +
                     ": what was handed in is another file than was said; did it change while it "
                     "was sent? weft submit --upload hands it in again");
}

}  // namespace

Status ReadUpload(const UploadPlace& place,
                  BlobStore& blobs,
                  const std::string& path,
                  const std::function<bool()>& is_stopped) {
  WEFT_ASSIGN_OR_RETURN(const std::uint32_t first, KeepWholePieces(place, path));
  std::ofstream file(path, std::ios::binary | (first == 0 ? std::ios::trunc : std::ios::app));
  for (std::uint32_t number = first; number < place.PieceCount(); ++number) {
    if (is_stopped && is_stopped()) {
      return Failure(ErrorCode::kCancelled, "it was stopped");
    }
    WEFT_ASSIGN_OR_RETURN(const std::string piece, GetPiece(place, number, blobs));
    file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!file.flush()) {
      return Failure(ErrorCode::kUnavailable, "cannot write " + path + ": is the disk full?");
    }
  }
  file.close();
  return CheckSum(place, blobs, path);
}

}  // namespace weft::worker
