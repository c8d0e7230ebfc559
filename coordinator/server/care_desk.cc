#include "coordinator/server/care_desk.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "common/utf8.h"
#include "common/wire/error_wire.h"
#include "coordinator/ledger/rocks_records.h"
#include "coordinator/ledger/state_backup.h"

namespace weft::coordinator {
namespace {

constexpr std::size_t kTokenBytesMax = 256;
constexpr std::size_t kDefectsMax = 1000;  // Of one message, which must stay below a mebibyte.
constexpr std::size_t kTextBytesMax = 256;

// Counts what is read, and reads no more once it is told to stop.
class WatchedBlobs : public BlobStore {
 public:
  WatchedBlobs(BlobStore& inner, const std::atomic<bool>& stop, std::atomic<std::uint64_t>& read)
      : inner_(inner), stop_(stop), read_(read) {}

  Status Put(const std::string& key, std::string_view bytes) override {
    return inner_.Put(key, bytes);
  }
  Result<std::string> Get(const std::string& key) override {
    if (stop_) {
      return Failure(ErrorCode::kUnavailable, "the coordinator ends");
    }
    ++read_;
    return inner_.Get(key);
  }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    return inner_.List(prefix);
  }
  Status DeletePrefix(const std::string& prefix) override { return inner_.DeletePrefix(prefix); }

 private:
  BlobStore& inner_;
  const std::atomic<bool>& stop_;
  std::atomic<std::uint64_t>& read_;
};

Status CheckWish(const v1::CareForState& request) {
  if (request.token().empty() || request.token().size() > kTokenBytesMax) {
    return Failure(ErrorCode::kInvalidArgument, "token must have 1 to 256 bytes");
  }
  if (request.wish_case() == v1::CareForState::WISH_NOT_SET) {
    return Failure(ErrorCode::kUnsupported, "this coordinator does not know such a wish");
  }
  if (request.has_copy() && request.copy().folder().rfind('/', 0) != 0) {
    return Failure(ErrorCode::kInvalidArgument, "a copy's folder must be an absolute path");
  }
  return {};
}

// A record cannot be put right beneath a coordinator that may write it at any time.
void LeaveRecordsAlone(StateCheck& check) {
  for (Defect& defect : check.defects) {
    const auto& deletes = check.deletes;
    if (std::find(deletes.begin(), deletes.end(), defect.place) != deletes.end()) {
      defect.what += "; only weft fsck --repair STATE, without a coordinator, can put it right";
      defect.remedy.clear();
    }
  }
}

}  // namespace

CareDesk::CareDesk(const RocksLedger& ledger, BlobService& blobs, const std::string& state_folder)
    : ledger_(ledger), blobs_(blobs), folder_(state_folder + "/care") {
  std::error_code failure;
  std::filesystem::remove_all(folder_, failure);
}

CareDesk::~CareDesk() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

v1::FromCoordinator CareDesk::Answer(const v1::CareForState& request) {
  v1::FromCoordinator answer;
  const std::unique_lock lock(mutex_);
  Status fit = CheckWish(request);
  if (fit && request.token() != token_ && phase_ != Phase::kEnded) {
    fit = Failure(ErrorCode::kFailedPrecondition,
                  "what is stored is being checked or copied already; ask again when that is done");
  }
  if (!fit) {
    *answer.mutable_request_refused()->mutable_error() = ToWire(fit.error());
    return answer;
  }
  if (request.token() != token_) {
    Begin(request);
  }
  v1::CareStatus& status = *answer.mutable_care_status();
  status = status_;
  status.set_ended(phase_ == Phase::kEnded);
  status.set_blobs_read(blobs_read_);
  return answer;
}

// REQUIRES: mutex_ is held, and nothing goes on.
void CareDesk::Begin(const v1::CareForState& request) {
  if (thread_.joinable()) {
    thread_.join();  // It has nothing left to do but to end.
  }
  token_ = request.token();
  blobs_read_ = 0;
  status_.Clear();
  findings_.reset();
  phase_ = Phase::kWorks;
  thread_ = std::thread([this, request] { Work(request); });
}

void CareDesk::Work(const v1::CareForState& request) {
  const Status done =
      request.has_check() ? Check(request.check().repair()) : Copy(request.copy().folder());
  const std::lock_guard lock(mutex_);
  if (!done) {
    *status_.mutable_error() = ToWire(done.error());
  }
  phase_ = findings_.has_value() ? Phase::kFound : Phase::kEnded;
}

Status CareDesk::Check(bool repairs) {
  const BlobJanitor::Pause pause(blobs_.Janitor());
  WEFT_ASSIGN_OR_RETURN(const std::vector<RawRecord> records, ReadLedger());
  {
    const std::lock_guard lock(mutex_);
    status_.set_blobs_named(NamedBlobs(records).size());
  }
  WatchedBlobs watched(blobs_.Store(), stop_, blobs_read_);
  WEFT_ASSIGN_OR_RETURN(StateCheck check, CheckState(records, watched));
  if (stop_) {
    return Failure(ErrorCode::kUnavailable, "the coordinator ends");
  }
  LeaveRecordsAlone(check);
  const std::lock_guard lock(mutex_);
  status_.set_records(check.record_count);
  status_.set_jobs(check.job_count);
  status_.set_orphans(check.orphan_count);
  SetDefects(check.defects);
  if (repairs) {
    findings_ = std::move(check);
  }
  return {};
}

Status CareDesk::Copy(const std::string& folder) {
  const BlobJanitor::Pause pause(blobs_.Janitor());
  WEFT_ASSIGN_OR_RETURN(const std::vector<RawRecord> records, ReadLedger());
  {
    const std::lock_guard lock(mutex_);
    status_.set_blobs_named(NamedBlobs(records).size());
  }
  WatchedBlobs watched(blobs_.Store(), stop_, blobs_read_);
  WEFT_ASSIGN_OR_RETURN(const BackupFigures figures, BackUp(records, watched, folder));
  const std::lock_guard lock(mutex_);
  status_.set_records(figures.record_count);
  status_.set_blobs_missing(figures.blobs_missing);
  return {};
}

Result<std::vector<RawRecord>> CareDesk::ReadLedger() const {
  std::error_code failure;
  std::filesystem::remove_all(folder_, failure);
  WEFT_RETURN_IF_ERROR(ledger_.CopyTo(folder_));
  const std::shared_ptr<void> removal(nullptr, [this](void*) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  });
  WEFT_ASSIGN_OR_RETURN(const auto copy, RocksRecords::Open(folder_, RocksRecords::Mode::kOwn));
  WEFT_RETURN_IF_ERROR(copy->VerifyFiles());
  return copy->ReadAll();
}

// REQUIRES: mutex_ is held.
void CareDesk::SetDefects(const std::vector<Defect>& defects) {
  status_.set_defect_count(defects.size());
  status_.clear_defects();
  for (const Defect& defect : defects) {
    if (static_cast<std::size_t>(status_.defects_size()) == kDefectsMax) {
      return;
    }
    v1::StoredDefect& told = *status_.add_defects();
    told.set_place(ValidUtf8(FirstBytes(defect.place, kTextBytesMax)));
    told.set_what(ValidUtf8(FirstBytes(defect.what, kTextBytesMax)));
    told.set_remedy(ValidUtf8(FirstBytes(defect.remedy, kTextBytesMax)));
  }
}

std::optional<StateCheck> CareDesk::TakeFindings() {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kFound) {
    return std::nullopt;
  }
  phase_ = Phase::kTaken;
  return std::exchange(findings_, std::nullopt);
}

void CareDesk::PutRight(const std::vector<Defect>& defects) {
  const std::lock_guard lock(mutex_);
  SetDefects(defects);
  phase_ = Phase::kGathered;
}

void CareDesk::BatchBegins() {
  const std::lock_guard lock(mutex_);
  phase_ = phase_ == Phase::kGathered ? Phase::kBeingWritten : phase_;
}

void CareDesk::BatchIsOnDisk() {
  const std::lock_guard lock(mutex_);
  phase_ = phase_ == Phase::kBeingWritten ? Phase::kEnded : phase_;
}

}  // namespace weft::coordinator
