// The coordinator's blobs, served on a thread of their own: a heartbeat never waits behind a
// latent.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/blob_store.h"
#include "common/log/log.h"
#include "common/result.h"
#include "common/transport/zmq_transport.h"
#include "coordinator/core/record.h"
#include "coordinator/server/blob_janitor.h"
#include "coordinator/server/blob_witness.h"
#include "coordinator/server/upload_book.h"

namespace weft::coordinator {

// kFailedPrecondition: the ledger has jobs, and there is no blob store in the folder where both
// are: one that Open() makes is not the one that the ledger speaks of.
Status RequireBlobs(const std::string& state_folder, const std::vector<Record>& records);

class BlobService {
 public:
  // Opens the store in `folder`, which is made if it is not there, and serves it at `address` until
  // the service is destroyed. context: outlives the service.
  // Errors: those of OpenRocksBlobStore() and ZmqContext::Listen().
  static Result<std::unique_ptr<BlobService>> Open(ZmqContext& context,
                                                   const std::string& folder,
                                                   const std::string& address,
                                                   const Log& log);
  BlobService(const BlobService&) = delete;
  BlobService& operator=(const BlobService&) = delete;
  ~BlobService();

  // Drops the blobs whose keys begin with one of these, soon and on a thread of its own.
  void Drop(const std::vector<std::string>& prefixes) { janitor_.Drop(prefixes); }

  // For looking at; and nothing is dropped meanwhile, where that is asked for. Any thread.
  [[nodiscard]] BlobWitness& Store() { return store_; }
  [[nodiscard]] BlobJanitor& Janitor() { return janitor_; }
  // Of files that were handed in, which are among the blobs. Any thread.
  [[nodiscard]] UploadBook& Uploads() { return uploads_; }

  // Keys that were there when the store was opened, some at a time; each is returned once.
  std::vector<std::string> TakeFound() { return janitor_.TakeFound(); }

  // Where peers reach it.
  [[nodiscard]] const std::string& Address() const { return address_; }

  // An error once it can serve no more. Any thread.
  [[nodiscard]] Status Health() const;

 private:
  BlobService(std::unique_ptr<UploadBook> store,
              std::unique_ptr<BoundListener> listener,
              const Log& log);

  void Serve();

  UploadBook& uploads_;  // In store_.
  BlobWitness store_;
  BlobJanitor janitor_;
  std::unique_ptr<BoundListener> listener_;  // The thread's, once that runs.
  const std::string address_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  // Guarded by mutex_.
  std::thread thread_;            // Last: it uses all of the above.
};

}  // namespace weft::coordinator
