#include "coordinator/server/upload_book.h"

#include <algorithm>
#include <chrono>

namespace weft::coordinator {
namespace {

// Who asked whether a file is there hands in the job soon.
constexpr Duration kMoment = std::chrono::minutes(10);
constexpr std::uint64_t kMebibyte = 1 << 20;

std::string Mebibytes(std::uint64_t bytes) {
  return std::to_string((bytes + kMebibyte - 1) / kMebibyte) + " MiB";
}

std::uint64_t RoomOf(const UploadPlace& place) {
  return std::max(place.size_bytes, kUploadPieceBytes);
}

bool BeginsWith(const std::string& text, const std::string& beginning) {
  return text.compare(0, beginning.size(), beginning) == 0;
}

std::vector<v1::PieceRange> MissingOf(const std::vector<bool>& pieces) {
  std::vector<v1::PieceRange> missing;
  for (std::uint32_t piece = 0; piece < pieces.size(); ++piece) {
    if (pieces[piece]) {
      continue;
    }
    if (missing.empty() || missing.back().end() != piece) {
      missing.emplace_back().set_begin(piece);
    }
    missing.back().set_end(piece + 1);
  }
  return missing;
}

// Of the one file whose keys all begin with this; nothing where that is no such beginning.
std::optional<UploadPlace> PlaceOfPrefix(const std::string& prefix) {
  const auto first = ParsePieceKey(prefix + "00000000");
  return first.has_value() ? std::optional(first->place) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<UploadBook>> UploadBook::Open(std::unique_ptr<BlobStore> inner, Time now) {
  std::unique_ptr<UploadBook> book(new UploadBook(std::move(inner)));
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> keys,
                        book->inner_->List(std::string(kUploadsPrefix)));
  for (const std::string& key : keys) {
    if (const auto piece = ParsePieceKey(key); piece.has_value()) {
      book->FileOf(piece->place, now).pieces[piece->number] = true;
    }
  }
  return book;
}

UploadBook::File& UploadBook::FileOf(const UploadPlace& place, Time now) {
  const auto [file, is_new] = files_.try_emplace(place.Prefix());
  if (is_new) {
    file->second.place = place;
    file->second.pieces.resize(place.PieceCount());
    file->second.wanted = now;
  }
  return file->second;
}

Status UploadBook::Put(const std::string& key, std::string_view bytes) {
  const auto piece = ParsePieceKey(key);
  if (!piece.has_value()) {
    return inner_->Put(key, bytes);
  }
  {
    const std::lock_guard lock(mutex_);
    const auto file = files_.find(piece->place.Prefix());
    if (file != files_.end() && file->second.going) {
      return Failure(ErrorCode::kUnavailable, "the file is just being dropped");
    }
  }
  WEFT_RETURN_IF_ERROR(inner_->Put(key, bytes));
  const std::lock_guard lock(mutex_);
  FileOf(piece->place, Time{}).pieces[piece->number] = true;
  return {};
}

Status UploadBook::DeletePrefix(const std::string& prefix) {
  {
    const std::lock_guard lock(mutex_);
    MarkGoing(prefix, true);
  }
  Status deleted = inner_->DeletePrefix(prefix);
  const std::lock_guard lock(mutex_);
  if (deleted) {
    Forget(prefix);
  } else {
    MarkGoing(prefix, false);
  }
  return deleted;
}

void UploadBook::MarkGoing(const std::string& prefix, bool going) {
  for (auto file = files_.lower_bound(prefix);
       file != files_.end() && BeginsWith(file->first, prefix); ++file) {
    file->second.going = going;
    file->second.told = going;
  }
}

void UploadBook::Forget(const std::string& prefix) {
  if (const auto piece = ParsePieceKey(prefix); piece.has_value()) {
    const auto file = files_.find(piece->place.Prefix());
    if (file != files_.end()) {
      file->second.pieces[piece->number] = false;
    }
    return;
  }
  const auto first = files_.lower_bound(prefix);
  const auto last = std::find_if(first, files_.end(),
                                 [&](const auto& file) { return !BeginsWith(file.first, prefix); });
  files_.erase(first, last);
}

Result<std::vector<v1::PieceRange>> UploadBook::Expect(const UploadPlace& place,
                                                       const UploadLimits& limits,
                                                       Time now) {
  if (place.size_bytes > limits.file_bytes_max) {
    return Failure(ErrorCode::kInvalidArgument,
                   place.name + " has " + Mebibytes(place.size_bytes) + "; a file may have " +
                       Mebibytes(limits.file_bytes_max) +
                       " (upload-file-gb): put it where the workers see it");
  }
  const std::lock_guard lock(mutex_);
  const auto known = files_.find(place.Prefix());
  if (known != files_.end() && known->second.going) {
    return Failure(ErrorCode::kUnavailable, place.name + " is just being dropped");
  }
  const bool is_whole = known != files_.end() && MissingOf(known->second.pieces).empty();
  if (held_.has_value() && !is_whole) {
    return Failure(ErrorCode::kNoSpace, place.name + ": " + *held_);
  }
  if (known == files_.end()) {
    MakeRoom(place.owner, RoomOf(place), limits.user_bytes_max, now);
    const std::uint64_t has = BytesOf(place.owner);
    if (has + RoomOf(place) > limits.user_bytes_max) {
      return Failure(ErrorCode::kResourceExhausted,
                     place.name + " has " + Mebibytes(place.size_bytes) + ", files of '" +
                         place.owner + "' that jobs still read have " + Mebibytes(has) +
                         ", and all of a user may have " + Mebibytes(limits.user_bytes_max) +
                         " (upload-user-gb): wait for jobs to end, or cancel some");
    }
  }
  File& file = FileOf(place, now);
  file.wanted = now;
  return MissingOf(file.pieces);
}

std::uint64_t UploadBook::BytesOf(const std::string& owner) const {
  std::uint64_t bytes = 0;
  const std::string prefix = UploadsPrefixOf(owner);
  for (auto file = files_.lower_bound(prefix);
       file != files_.end() && BeginsWith(file->first, prefix); ++file) {
    bytes += file->second.going ? 0 : RoomOf(file->second.place);
  }
  return bytes;
}

void UploadBook::MakeRoom(const std::string& owner,
                          std::uint64_t bytes,
                          std::uint64_t bytes_max,
                          Time now) {
  std::uint64_t all = BytesOf(owner) + bytes;
  std::vector<File*> unneeded;
  for (auto& [prefix, file] : files_) {
    if (file.place.owner == owner && !file.needed && !file.going && now - file.wanted >= kMoment) {
      unneeded.push_back(&file);
    }
  }
  std::sort(unneeded.begin(), unneeded.end(),
            [](const File* a, const File* b) { return a->wanted < b->wanted; });
  for (File* const file : unneeded) {
    if (all <= bytes_max) {
      return;
    }
    file->going = true;
    all -= RoomOf(file->place);
  }
}

std::optional<Error> UploadBook::ObjectToPut(const std::string& key, std::uint64_t bytes) const {
  const auto piece = ParsePieceKey(key);
  if (!piece.has_value()) {
    return Error(ErrorCode::kInvalidArgument, key + ": no piece of a file has such a key");
  }
  const std::lock_guard lock(mutex_);
  if (files_.count(piece->place.Prefix()) == 0) {
    return Error(ErrorCode::kFailedPrecondition, key + ": its file has to be offered first");
  }
  if (bytes != piece->place.PieceBytes(piece->number)) {
    return Error(ErrorCode::kInvalidArgument,
                 key + ": this piece has " +
                     std::to_string(piece->place.PieceBytes(piece->number)) + " bytes, not " +
                     std::to_string(bytes));
  }
  if (held_.has_value()) {
    return Error(ErrorCode::kNoSpace, *held_);
  }
  return std::nullopt;
}

std::optional<Error> UploadBook::ObjectToDrop(const std::string& prefix) const {
  if (!PlaceOfPrefix(prefix).has_value()) {
    return Error(ErrorCode::kInvalidArgument, prefix + ": that is not one file that was handed in");
  }
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(prefix);
  if (file != files_.end() && file->second.needed) {
    return Error(ErrorCode::kFailedPrecondition, prefix + ": a job reads it");
  }
  return std::nullopt;
}

bool UploadBook::Has(const UploadPlace& place, Time now) {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(place.Prefix());
  if (file == files_.end() || file->second.going || !MissingOf(file->second.pieces).empty()) {
    return false;
  }
  file->second.wanted = now;
  return true;
}

void UploadBook::Hold(std::optional<std::string> why) {
  const std::lock_guard lock(mutex_);
  held_ = std::move(why);
}

std::vector<std::string> UploadBook::TakeStale(const std::set<std::string>& needed,
                                               Duration keep,
                                               Time now) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> stale;
  for (auto& [prefix, file] : files_) {
    file.needed = needed.count(prefix) > 0;
    if (file.needed) {
      file.wanted = now;
    }
    file.going = file.going || now - file.wanted >= keep;
    if (file.going && !file.told) {
      file.told = true;  // Once: by the next time another one may have come in its place.
      stale.push_back(prefix);
    }
  }
  return stale;
}

bool UploadBook::IsEmpty() const {
  const std::lock_guard lock(mutex_);
  return files_.empty();
}

}  // namespace weft::coordinator
