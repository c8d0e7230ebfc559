#include "common/blob/checksummed_blob_store.h"

#include <cstddef>
#include <cstdint>

#include "common/checksum.h"

namespace weft {
namespace {

constexpr std::size_t kTrailerBytes = sizeof(std::uint64_t);

std::string Trailer(std::string_view bytes) {
  const std::uint64_t checksum = Xxh3(bytes);
  std::string trailer;
  for (std::size_t i = 0; i < kTrailerBytes; ++i) {
    trailer.push_back(static_cast<char>(checksum >> (8 * i) & 0xff));
  }
  return trailer;
}

}  // namespace

Status ChecksummedBlobStore::Put(const std::string& key, std::string_view bytes) {
  std::string stored;
  stored.reserve(bytes.size() + kTrailerBytes);
  stored.append(bytes).append(Trailer(bytes));
  return inner_->Put(key, stored);
}

Result<std::string> ChecksummedBlobStore::Get(const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(std::string stored, inner_->Get(key));
  if (stored.size() < kTrailerBytes) {
    return Failure(ErrorCode::kDataLoss, key + ": the stored blob is cut short");
  }
  const std::string_view bytes(stored.data(), stored.size() - kTrailerBytes);
  if (std::string_view(stored).substr(bytes.size()) != Trailer(bytes)) {
    return Failure(ErrorCode::kDataLoss, key + ": the stored bytes do not match their checksum");
  }
  stored.resize(bytes.size());
  return stored;
}

Result<std::vector<std::string>> ChecksummedBlobStore::List(const std::string& prefix) {
  return inner_->List(prefix);
}

Status ChecksummedBlobStore::DeletePrefix(const std::string& prefix) {
  return inner_->DeletePrefix(prefix);
}

}  // namespace weft
