// The coordinator's blobs, served on a thread of their own: a heartbeat never waits behind a
// latent.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/blob_store.h"
#include "common/result.h"
#include "common/transport/zmq_transport.h"

namespace weft::coordinator {

class BlobService {
 public:
  // Opens the store in `folder`, which is made if it is not there, and serves it at `address` until
  // the service is destroyed. context: outlives the service.
  // Errors: those of OpenRocksBlobStore() and ZmqContext::Listen().
  static Result<std::unique_ptr<BlobService>> Open(ZmqContext& context,
                                                   const std::string& folder,
                                                   const std::string& address);
  BlobService(const BlobService&) = delete;
  BlobService& operator=(const BlobService&) = delete;
  ~BlobService();

  // Where peers reach it.
  [[nodiscard]] const std::string& Address() const { return address_; }

  // An error once it can serve no more. Any thread.
  [[nodiscard]] Status Health() const;

 private:
  BlobService(std::unique_ptr<BlobStore> store, std::unique_ptr<BoundListener> listener);

  void Serve();

  std::unique_ptr<BlobStore> store_;
  std::unique_ptr<BoundListener> listener_;  // The thread's, once that runs.
  const std::string address_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  // Guarded by mutex_.
  std::thread thread_;            // Last: it uses all of the above.
};

}  // namespace weft::coordinator
