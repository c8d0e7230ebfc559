// Knows size and checksum of what is in a blob store, so that a worker's word on what it has stored
// can be checked in a moment.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/blob_store.h"
#include "weft/v1/task.pb.h"

namespace weft::coordinator {

// Remembers what was put through it and is there still; what it has not seen it reads. Any thread.
class BlobWitness : public BlobStore {
 public:
  explicit BlobWitness(std::unique_ptr<BlobStore> inner) : inner_(std::move(inner)) {}

  Status Put(const std::string& key, std::string_view bytes) override;
  Result<std::string> Get(const std::string& key) override { return inner_->Get(key); }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    return inner_->List(prefix);
  }
  Status DeletePrefix(const std::string& prefix) override;

  // Confirm() would have to read the blob: it came in an earlier life, or is not there.
  [[nodiscard]] bool HasToRead(const std::string& key) const;

  // kNotFound: no blob of that key.  kDataLoss: it has another size or checksum; says which.
  // Other errors: those of Get().
  Status Confirm(const v1::BlobRef& claim);

 private:
  struct Facts {
    std::uint64_t size_bytes = 0;
    std::uint64_t checksum = 0;
  };

  Result<Facts> FactsOf(const std::string& key);

  std::unique_ptr<BlobStore> inner_;
  mutable std::mutex mutex_;
  std::map<std::string, Facts> seen_;  // Guarded by mutex_.
};

}  // namespace weft::coordinator
