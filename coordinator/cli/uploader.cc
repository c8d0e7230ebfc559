#include "coordinator/cli/uploader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "common/bulk/remote_blob_store.h"
#include "common/storage/sha256_sum.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

bool IsMissing(std::uint32_t piece, const v1::FileOffered& offered) {
  return std::any_of(offered.missing().begin(), offered.missing().end(),
                     [piece](const v1::PieceRange& range) {
                       return range.begin() <= piece && piece < range.end();
                     });
}

// The coordinator restarted, or what was there was not what it should be: another offer helps.
bool IsWorthAnotherTry(const Error& error) {
  return error.code() == ErrorCode::kUnavailable ||
         error.code() == ErrorCode::kFailedPrecondition ||
         error.code() == ErrorCode::kAlreadyExists;
}

}  // namespace

Result<UploadPlace> Uploader::PlaceOf(const std::string& path, const std::string& user) {
  const auto known = known_.find(path);
  if (known != known_.end()) {
    return known->second;
  }
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return Failure(ErrorCode::kInvalidArgument,
                   fs::is_directory(path, error)
                       ? path + ": a folder cannot be handed in; put it where the workers see it"
                       : path + ": no such file");
  }
  const std::uint64_t size_bytes = fs::file_size(path, error);
  auto sum = Sha256OfFile(path);
  if (!sum || error) {
    return Failure(ErrorCode::kInvalidArgument, path + ": cannot be read");
  }
  const UploadPlace place{user, *std::move(sum), size_bytes, fs::path(path).filename().string()};
  WEFT_RETURN_IF_ERROR(CheckUpload(place));
  return known_.emplace(path, place).first->second;
}

Result<std::string> Uploader::NameOf(const std::string& path, const std::string& user) {
  WEFT_ASSIGN_OR_RETURN(UploadPlace place, PlaceOf(path, user));
  place.owner = user;
  return place.Url();
}

Result<std::string> Uploader::HandIn(const std::string& path, const std::string& user) {
  if (const auto there = urls_.find(path); there != urls_.end()) {
    return there->second;
  }
  WEFT_ASSIGN_OR_RETURN(const UploadPlace place, PlaceOf(path, user));
  std::uint64_t sent_bytes = 0;
  for (int tries = 1;; ++tries) {
    const std::uint64_t before = sent_bytes;
    auto url = TryToHandIn(path, place, sent_bytes);
    if (url) {
      if (options_.told) {
        options_.told({path, place.size_bytes, sent_bytes});
      }
      urls_[path] = *url;
      return url;
    }
    tries = sent_bytes > before ? 0 : tries;
    if (!IsWorthAnotherTry(url.error()) || tries >= options_.tries_max) {
      return Failure(url.error().Within(path));
    }
    std::this_thread::sleep_for(options_.pause);
  }
}

Result<std::string> Uploader::TryToHandIn(const std::string& path,
                                          const UploadPlace& place,
                                          std::uint64_t& sent_bytes) {
  v1::ToCoordinator question;
  v1::OfferFile& offer = *question.mutable_offer_file();
  offer.set_user(place.owner);
  offer.set_sha256(place.sha256);
  offer.set_size_bytes(place.size_bytes);
  offer.set_name(place.name);
  WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                        client_.Ask(question, v1::FromCoordinator::kFileOffered));
  const v1::FileOffered& offered = answer.file_offered();
  WEFT_ASSIGN_OR_RETURN(const UploadPlace named, ParseUploadUrl(offered.url()));
  if (named.sha256 != place.sha256 || named.size_bytes != place.size_bytes) {
    return Failure(ErrorCode::kInternal,
                   "the coordinator speaks of another file: " + offered.url());
  }
  if (!offered.missing().empty()) {
    if (blobs_ == nullptr) {
      WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> bulk, connect_(offered.bulk_address()));
      blobs_ = std::make_unique<RemoteBlobStore>(std::move(bulk));
    }
    WEFT_RETURN_IF_ERROR(SendPieces(path, named, offered, sent_bytes));
  }
  return offered.url();
}

Status Uploader::SendPieces(const std::string& path,
                            const UploadPlace& place,
                            const v1::FileOffered& offered,
                            std::uint64_t& sent_bytes) {
  std::ifstream file(path, std::ios::binary);
  Sha256Sum sum;
  for (std::uint32_t piece = 0; piece < place.PieceCount(); ++piece) {
    if (options_.is_stopped && options_.is_stopped()) {
      return Failure(ErrorCode::kCancelled, "it was stopped; the same command goes on");
    }
    std::string bytes(place.PieceBytes(piece), '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    sum.Add(bytes);
    if (IsMissing(piece, offered)) {
      WEFT_RETURN_IF_ERROR(PutPiece(place, piece, bytes));
      sent_bytes += bytes.size();
    }
  }
  if (!file || file.peek() != EOF || sum.Take() != place.sha256) {
    WEFT_RETURN_IF_ERROR(blobs_->DeletePrefix(place.Prefix()));
    return Failure(ErrorCode::kInvalidArgument, "the file changes while it is read");
  }
  return {};
}

Status Uploader::PutPiece(const UploadPlace& place, std::uint32_t piece, const std::string& bytes) {
  Status put = blobs_->Put(place.PieceKey(piece), bytes);
  if (!put && put.error().code() == ErrorCode::kAlreadyExists) {
    // Somebody else is sending another file under this one's name; both begin anew.
    WEFT_RETURN_IF_ERROR(blobs_->DeletePrefix(place.Prefix()));
  }
  return put;
}

}  // namespace weft::cli
