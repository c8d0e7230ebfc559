// Where bulk bytes live: latents, control maps, encoded segments. Blobs are immutable and named by
// what made them, so writing the same blob twice is harmless and writing another one is a bug.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace weft {

// Every implementation may be called from any thread.
class BlobStore {
 public:
  BlobStore() = default;
  BlobStore(const BlobStore&) = delete;
  BlobStore& operator=(const BlobStore&) = delete;
  virtual ~BlobStore() = default;

  // Stores `bytes` under `key`; durable on return.
  // key: 1 to 512 bytes of letters, digits and ". _ - /".
  // Ok also when the same bytes are there already.
  // kAlreadyExists: other bytes are there.  kInvalidArgument: a bad key.  kNoSpace: the disk is
  // full.
  virtual Status Put(const std::string& key, std::string_view bytes) = 0;

  // kNotFound: no such blob.  kDataLoss: what is stored is damaged.
  virtual Result<std::string> Get(const std::string& key) = 0;

  // The keys that start with `prefix`, in ascending order.
  virtual Result<std::vector<std::string>> List(const std::string& prefix) = 0;

  // Removes every blob whose key starts with `prefix`. Ok when there is none.
  virtual Status DeletePrefix(const std::string& prefix) = 0;
};

}  // namespace weft
