// Files that users hand in with their jobs: which are expected, which of their pieces are there,
// and which nobody needs any more.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/blob_store.h"
#include "common/result.h"
#include "common/storage/upload_place.h"
#include "common/time.h"
#include "weft/v1/upload.pb.h"

namespace weft::coordinator {

struct UploadLimits {
  std::uint64_t file_bytes_max = std::uint64_t{16} << 30;
  std::uint64_t user_bytes_max = std::uint64_t{64} << 30;  // Of all files of one user.
  Duration keep = std::chrono::hours(24);  // Of what no open job reads, since it was last wanted.
};

// A store that knows what of such files comes and goes; all other blobs pass. Any thread. Times are
// those of one steady clock.
class UploadBook : public BlobStore {
 public:
  // Looks at what earlier lives have left: it is as if it were wanted at `now`.
  // Errors: those of List().
  static Result<std::unique_ptr<UploadBook>> Open(std::unique_ptr<BlobStore> inner, Time now);

  // ---- as a store

  // kUnavailable: the file is about to be dropped.
  Status Put(const std::string& key, std::string_view bytes) override;
  Result<std::string> Get(const std::string& key) override { return inner_->Get(key); }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    return inner_->List(prefix);
  }
  Status DeletePrefix(const std::string& prefix) override;

  // ---- as a book

  // The file may be handed in from now on; what is missing of it.
  // kInvalidArgument: it is larger than files may be.  kResourceExhausted: its owner has too many.
  // kNoSpace: the disk is low.  kUnavailable: it is about to be dropped; soon it can come again.
  Result<std::vector<v1::PieceRange>> Expect(const UploadPlace& place,
                                             const UploadLimits& limits,
                                             Time now);

  // Why this blob may not be put: no piece of a file that is expected, or of another size.
  // kFailedPrecondition: it has to be expected first.
  [[nodiscard]] std::optional<Error> ObjectToPut(const std::string& key, std::uint64_t bytes) const;
  // Why this may not be dropped: not the beginning of one file's keys, or an open job reads it.
  [[nodiscard]] std::optional<Error> ObjectToDrop(const std::string& prefix) const;

  // Whether the whole file is there, and stays for a while.
  bool Has(const UploadPlace& place, Time now);

  // From now on new files are refused with `why`; without one they are taken again.
  void Hold(std::optional<std::string> why);

  // Files that are to be dropped now: not among `needed`, and not wanted for so long. These are
  // taken for gone from here on. needed: what the keys of files begin with.
  std::vector<std::string> TakeStale(const std::set<std::string>& needed, Duration keep, Time now);

  [[nodiscard]] bool IsEmpty() const;

 private:
  struct File {
    UploadPlace place;
    std::vector<bool> pieces;  // Those that are there.
    Time wanted{};             // Last.
    bool needed = false;       // By an open job, when that was last looked at.
    bool going = false;        // It is about to be dropped,
    bool told = false;         // and who drops it knows.
  };
  using Files = std::map<std::string, File>;  // By the beginning of their keys.

  explicit UploadBook(std::unique_ptr<BlobStore> inner) : inner_(std::move(inner)) {}

  // The rest REQUIRES: mutex_ is held.
  File& FileOf(const UploadPlace& place, Time now);
  // Of the owner, as far as they stay; small files count as a piece.
  [[nodiscard]] std::uint64_t BytesOf(const std::string& owner) const;
  // Sends away what nobody needs, the longest unwanted first, until so many bytes have room.
  void MakeRoom(const std::string& owner, std::uint64_t bytes, std::uint64_t bytes_max, Time now);
  // Those that lie below `prefix`, which may also be that of a piece.
  void MarkGoing(const std::string& prefix, bool going);
  void Forget(const std::string& prefix);

  std::unique_ptr<BlobStore> inner_;
  mutable std::mutex mutex_;
  Files files_;
  std::optional<std::string> held_;
};

}  // namespace weft::coordinator
