// Blobs in this process's memory, for tests. They end with it.

#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/blob_store.h"

namespace weft {

class MemoryBlobStore : public BlobStore {
 public:
  Status Put(const std::string& key, std::string_view bytes) override;
  Result<std::string> Get(const std::string& key) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Status DeletePrefix(const std::string& prefix) override;

 private:
  using Blobs = std::map<std::string, std::string>;

  // The blobs whose keys start with `prefix`: [first, second).
  std::pair<Blobs::iterator, Blobs::iterator> Range(const std::string& prefix);

  std::mutex mutex_;
  Blobs blobs_;
};

}  // namespace weft
