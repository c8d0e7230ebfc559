// A blob store that notices damage: keeps the XXH3 of every blob next to its bytes, and checks it
// whenever they are read.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/blob_store.h"

namespace weft {

// Get() says kDataLoss when the bytes in `inner` are not those that were put. A blob in `inner` is
// the bytes, then their XXH3 as 8 bytes, little endian.
class ChecksummedBlobStore : public BlobStore {
 public:
  explicit ChecksummedBlobStore(std::unique_ptr<BlobStore> inner) : inner_(std::move(inner)) {}

  Status Put(const std::string& key, std::string_view bytes) override;
  Result<std::string> Get(const std::string& key) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Status DeletePrefix(const std::string& prefix) override;

 private:
  std::unique_ptr<BlobStore> inner_;
};

}  // namespace weft
