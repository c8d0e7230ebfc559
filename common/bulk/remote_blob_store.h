// The blob store of a BulkServer, used over a connection.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/blob_store.h"
#include "common/bulk/exchange.h"
#include "common/bulk/window.h"
#include "common/transport.h"

namespace weft {

struct RemoteBlobStoreOptions {
  Window window = {};
  Duration silence_max = std::chrono::seconds(5);  // Then the transfer is begun anew.
  int tries_max = 6;
};

// Calls block until the store has answered, one transfer at a time. Besides the store's own errors:
// kUnavailable: the store was silent `tries_max` times.  kDataLoss: bytes changed on their way.
class RemoteBlobStore : public BlobStore {
 public:
  // connection: carries messages of up to 2 MiB.
  explicit RemoteBlobStore(std::unique_ptr<Connection> connection,
                           const RemoteBlobStoreOptions& options = {})
      : connection_(std::move(connection)), options_(options) {}

  Status Put(const std::string& key, std::string_view bytes) override;
  Result<std::string> Get(const std::string& key) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Status DeletePrefix(const std::string& prefix) override;

 private:
  // Runs operation(exchange) until it ends in anything but kUnavailable, each time with an exchange
  // of its own.
  template <typename Operation>
  auto Try(const Operation& operation);

  std::mutex mutex_;  // Guards everything below: transfers run one after the other.
  std::unique_ptr<Connection> connection_;
  RemoteBlobStoreOptions options_;
  std::uint64_t exchanges_ = 0;  // Their numbers.
};

}  // namespace weft
