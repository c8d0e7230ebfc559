#include "coordinator/server/blob_service.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "common/bulk/bulk_server.h"
#include "common/clock.h"
#include "coordinator/server/blob_permission.h"

namespace weft::coordinator {
namespace {

constexpr std::size_t kBulkMessageBytesMax = 2 << 20;  // proto/README.md, rule 8.
constexpr Duration kStopLatency{100};
constexpr std::size_t kPutThreads = 4;  // They mostly wait for the disk.

}  // namespace

Status RequireBlobs(const std::string& state_folder, const std::vector<Record>& records) {
  const bool has_jobs = std::any_of(records.begin(), records.end(),
                                    [](const Record& record) { return record.value.has_job(); });
  std::error_code failure;
  const std::string folder = state_folder + "/blobs";
  if (has_jobs && !std::filesystem::exists(folder + "/CURRENT", failure)) {
    return Failure(ErrorCode::kFailedPrecondition,
                   folder +
                       ": nothing is stored there, and the ledger has jobs: is its file system "
                       "mounted? If it is lost, weft fsck " +
                       state_folder + " --repair has run again what is needed");
  }
  return {};
}

Result<std::unique_ptr<BlobService>> BlobService::Open(ZmqContext& context,
                                                       const std::string& folder,
                                                       const std::string& address,
                                                       const Log& log) {
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BlobStore> rocks, OpenRocksBlobStore(folder));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<UploadBook> store,
                        UploadBook::Open(std::make_unique<ChecksummedBlobStore>(std::move(rocks)),
                                         SteadyClock().Now()));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BoundListener> listener,
                        context.Listen(address, {.message_bytes_max = kBulkMessageBytesMax}));
  return std::unique_ptr<BlobService>(new BlobService(std::move(store), std::move(listener), log));
}

BlobService::BlobService(std::unique_ptr<UploadBook> store,
                         std::unique_ptr<BoundListener> listener,
                         const Log& log)
    : uploads_(*store),
      store_(std::move(store)),
      janitor_(store_, log),
      listener_(std::move(listener)),
      address_(listener_->address()),
      thread_([this] { Serve(); }) {}

BlobService::~BlobService() {
  stop_ = true;
  thread_.join();
}

Status BlobService::Health() const {
  const std::lock_guard lock(mutex_);
  if (failure_.has_value()) {
    return Failure(*failure_);
  }
  return {};
}

void BlobService::Serve() {
  const SteadyClock clock;
  BulkServerOptions options;
  options.objection = [this](const v1::BulkMessage& message) {
    return FindObjection(listener_->Sender(), message, uploads_);
  };
  options.put_threads = kPutThreads;
  options.wake = [this] { listener_->Interrupt(); };
  BulkServer server(*listener_, store_, clock, options);
  while (!stop_) {
    const Status served = server.ServeOnce(kStopLatency);
    if (!served) {
      const std::lock_guard lock(mutex_);
      failure_ = served.error().Within("blob service");
      return;
    }
  }
}

}  // namespace weft::coordinator
