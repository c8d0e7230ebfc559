// Checks and copies what a coordinator has stored, while it runs: on a thread of its own, from a
// copy of the ledger that is made in a moment, so that no task waits for it. Until it is done no
// blob is dropped, so that the records of that moment name what is there.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/result.h"
#include "coordinator/ledger/rocks_ledger.h"
#include "coordinator/ledger/state_check.h"
#include "coordinator/server/blob_service.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

// Its functions are for one thread, the server's.
class CareDesk {
 public:
  // ledger, blobs: outlive this. state_folder: where copies of the ledger are made; one that an
  // earlier life has left there is removed.
  CareDesk(const RocksLedger& ledger, BlobService& blobs, const std::string& state_folder);
  CareDesk(const CareDesk&) = delete;
  CareDesk& operator=(const CareDesk&) = delete;
  // What goes on is given up.
  ~CareDesk();

  // CareStatus, or RequestRefused: another one goes on, or the wish makes no sense.
  v1::FromCoordinator Answer(const v1::CareForState& request);

  // ---- Of a check that is to repair, in this order. Whoever asks hears of its end when it is on
  // disk.

  // What it has found, once.
  std::optional<StateCheck> TakeFindings();
  // What is put right of it, with the batch that begins next. No remedy: nothing could be done.
  void PutRight(const std::vector<Defect>& defects);
  void BatchBegins();
  void BatchIsOnDisk();

 private:
  enum class Phase : std::uint8_t { kWorks, kFound, kTaken, kGathered, kBeingWritten, kEnded };

  void Begin(const v1::CareForState& request);
  void Work(const v1::CareForState& request);
  Status Check(bool repairs);
  Status Copy(const std::string& folder);
  // All records of this moment, checked as far as their files go.
  [[nodiscard]] Result<std::vector<RawRecord>> ReadLedger() const;
  void SetDefects(const std::vector<Defect>& defects);

  const RocksLedger& ledger_;
  BlobService& blobs_;
  const std::string folder_;
  std::string token_;  // Of what goes on, or went on last.
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> blobs_read_ = 0;

  std::mutex mutex_;  // Guards what follows, up to the thread.
  Phase phase_ = Phase::kEnded;
  v1::CareStatus status_;
  std::optional<StateCheck> findings_;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft::coordinator
