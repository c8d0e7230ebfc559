#include "common/blob/memory_blob_store.h"

#include "common/blob/blob_key.h"

namespace weft {

Status MemoryBlobStore::Put(const std::string& key, std::string_view bytes) {
  WEFT_RETURN_IF_ERROR(CheckBlobKey(key));
  const std::lock_guard lock(mutex_);
  const auto [blob, is_new] = blobs_.try_emplace(key, bytes);
  if (!is_new && blob->second != bytes) {
    return Failure(ErrorCode::kAlreadyExists, key + ": other bytes are stored there");
  }
  return {};
}

Result<std::string> MemoryBlobStore::Get(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto blob = blobs_.find(key);
  if (blob == blobs_.end()) {
    return Failure(ErrorCode::kNotFound, key + ": no such blob");
  }
  return blob->second;
}

Result<std::vector<std::string>> MemoryBlobStore::List(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  const auto [begin, end] = Range(prefix);
  for (auto blob = begin; blob != end; ++blob) {
    keys.push_back(blob->first);
  }
  return keys;
}

Status MemoryBlobStore::DeletePrefix(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = Range(prefix);
  blobs_.erase(begin, end);
  return {};
}

std::pair<MemoryBlobStore::Blobs::iterator, MemoryBlobStore::Blobs::iterator>
MemoryBlobStore::Range(const std::string& prefix) {
  // No key has a byte as high as 0xff: this is behind all that start with `prefix`.
  return {blobs_.lower_bound(prefix), blobs_.lower_bound(prefix + '\xff')};
}

}  // namespace weft
