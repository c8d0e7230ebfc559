#include "coordinator/server/server.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>
#include <set>
#include <utility>

#include "common/failpoint.h"
#include "common/storage/upload_place.h"
#include "common/utf8.h"
#include "common/wire/error_wire.h"
#include "common/wire/text_check.h"
#include "coordinator/core/permission.h"
#include "coordinator/ledger/rocks_ledger.h"

namespace weft::coordinator {
namespace {

constexpr std::size_t kControlMessageBytesMax = 1 << 20;  // proto/README.md, rule 8.
constexpr Duration kStopLatency{200};
constexpr Duration kDiskLookPeriod{1000};
constexpr Duration kResultLookPeriod = std::chrono::seconds(10);
constexpr Duration kLogPrunePeriod = std::chrono::hours(1);
// Of one batch: enough to share a sync, few enough to answer soon and to keep a memtable small.
constexpr int kBatchMessagesMax = 2048;
// With so many, a batch begins as soon as the one before is written: nobody is idle meanwhile.
constexpr int kBatchMessagesMin = 64;

std::uint64_t NowUnixMs() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(since_1970).count());
}

// A peer that floods must not flood the log as well.
bool IsNews(std::uint64_t count) {
  return (count & (count - 1)) == 0;
}

FarmOptions ToFarmOptions(const ServerOptions& options, const std::string& bulk_address, Time now) {
  FarmOptions farm;
  farm.heartbeat = options.heartbeat;
  farm.silence = options.silence;
  farm.lease = options.lease;
  farm.link_bytes_per_second = options.link_bytes_per_second;
  farm.result_keep = options.results.keep;
  farm.result_bytes_max = options.results.user_bytes_max;
  farm.job_keep = options.job_keep;
  farm.copied_epoch_step = 1 + std::uint64_t{std::random_device()()};
  farm.unix_offset = Duration(NowUnixMs()) - now.time_since_epoch();
  farm.bulk_address =
      options.bulk_public_address.empty() ? bulk_address : options.bulk_public_address;
  return farm;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Open(ZmqContext& context,
                                             const ServerOptions& options,
                                             Log log) {
  Parts parts;
  // The ledger first: its lock keeps a second coordinator out of everything else.
  WEFT_ASSIGN_OR_RETURN(parts.ledger, OpenRocksLedger(options.state_folder + "/ledger"));
  WEFT_ASSIGN_OR_RETURN(const std::vector<Record> records, parts.ledger->Load());
  WEFT_RETURN_IF_ERROR(RequireBlobs(options.state_folder, records));
  WEFT_ASSIGN_OR_RETURN(parts.blobs, BlobService::Open(context, options.state_folder + "/blobs",
                                                       options.bulk_address, log));
  WEFT_ASSIGN_OR_RETURN(
      parts.listener,
      context.Listen(options.control_address,
                     {.message_bytes_max = kControlMessageBytesMax, .on_one_thread = true}));
  parts.farm =
      std::make_unique<Farm>(ToFarmOptions(options, parts.blobs->Address(), SteadyClock().Now()));
  std::unique_ptr<Server> server(new Server(std::move(parts), options, std::move(log)));
  WEFT_ASSIGN_OR_RETURN(Effects effects, server->farm_->Restore(records, server->clock_.Now()));
  server->gathered_.Add(effects);
  server->committer_->Begin(std::exchange(server->gathered_, {}));
  server->committer_->Wait();
  WEFT_RETURN_IF_ERROR(server->Deliver());
  return server;
}

Server::Server(Parts parts, const ServerOptions& options, Log log)
    : blobs_(std::move(parts.blobs)),
      listener_(std::move(parts.listener)),
      farm_(std::move(parts.farm)),
      ledger_(*parts.ledger),
      committer_(std::make_unique<Committer>(std::move(parts.ledger), *listener_)),
      care_(std::make_unique<CareDesk>(ledger_, *blobs_, options.state_folder)),
      gate_(options.state_folder, options.disk, {options.state_folder + "/blobs"}),
      trusts_outputs_(options.trusts_outputs),
      output_check_(blobs_->Store(), [this] { listener_->Interrupt(); }),
      logs_(options.state_folder + "/logs", options.logs),
      log_desk_(*farm_, logs_),
      upload_desk_(*farm_, blobs_->Uploads(), options.uploads),
      hear_job_(options.hear_job),
      log_(std::move(log)),
      board_([this] { listener_->Interrupt(); }) {}

Status Server::Run(const std::atomic<bool>& stop, const std::function<void()>& alive) {
  while (!stop) {
    alive();
    WEFT_RETURN_IF_ERROR(Turn(Patience()));
    WEFT_RETURN_IF_ERROR(blobs_->Health());
  }
  if (committer_->IsBusy()) {
    committer_->Wait();
  }
  return Deliver();
}

Status Server::Turn(Duration timeout) {
  WEFT_RETURN_IF_ERROR(Deliver());
  for (const PeerId& peer : std::exchange(unreachable_, {})) {
    Handle(PeerGone{peer});
  }
  WatchDisk(clock_.Now());
  TendLogs(clock_.Now());
  Sweep();
  TendCare();
  WEFT_RETURN_IF_ERROR(HearWaiting(timeout));
  for (MessageArrived& looked_at : output_check_.Take()) {
    Hear(std::move(looked_at));
  }
  for (Switchboard::Call& call : board_.Take()) {
    MessageArrived arrived{std::move(call.from), std::move(call.question)};
    // Nobody has read this from bytes, and what the ledger takes must be readable.
    if (const Status texts = CheckTextsAreUtf8(arrived.message); texts) {
      Admit(arrived, call.guest);
    } else {
      RefuseRequest(arrived, texts.error());
    }
  }
  const Time now = clock_.Now();
  const auto due = farm_->NextWakeup();
  if (tick_gate_.MayTick(now, heard_all_) && due.has_value() && *due <= now) {
    Handle(Tick{});
  }
  if (committer_->IsBusy() && gathered_messages_ >= kBatchMessagesMax) {
    committer_->Wait();  // Whoever sends more waits in their sockets.
  }
  WEFT_RETURN_IF_ERROR(Deliver());
  if (!committer_->IsBusy()) {
    gathered_messages_ = 0;  // Also where all of them were answered without a batch.
    if (!gathered_.empty()) {
      committer_->Begin(std::exchange(gathered_, std::exchange(spare_, {})));
      care_->BatchBegins();
    }
  }
  return {};
}

void Server::WatchDisk(Time now) {
  if (gate_looked_ != Time{} && now - gate_looked_ < kDiskLookPeriod) {
    return;
  }
  gate_looked_ = now;
  const auto why = gate_.Look();
  if (why.has_value() != farm_->State().held.has_value()) {
    log_.Warning(why.has_value() ? "jobs are held back: " + *why : "jobs go on");
  }
  blobs_->Uploads().Hold(why);
  farm_->Hold(why, now, effects_);
  gathered_.Add(effects_);
}

void Server::Sweep() {
  // Behind what is gathered: what the core takes for done now is on disk by then.
  const std::set<std::string> unneeded = farm_->FindUnneeded(blobs_->TakeFound());
  gathered_.drops.insert(gathered_.drops.end(), unneeded.begin(), unneeded.end());
  const std::vector<std::string> stale = upload_desk_.TakeStale(clock_.Now());
  gathered_.drops.insert(gathered_.drops.end(), stale.begin(), stale.end());
  if (const Time now = clock_.Now(); now - results_looked_ >= kResultLookPeriod) {
    results_looked_ = now;
    farm_->DropPastResults(now, effects_);
    farm_->ForgetPastJobs(now, effects_);
    gathered_.Add(effects_);
  }
}

void Server::TendCare() {
  std::optional<StateCheck> found = care_->TakeFindings();
  if (!found.has_value()) {
    return;
  }
  std::vector<AttemptId> damaged;
  for (const Defect& defect : found->defects) {
    if (defect.attempt.has_value()) {
      damaged.push_back(*defect.attempt);
    }
  }
  const std::set<TaskId> again = farm_->RunAgain(damaged, clock_.Now(), effects_);
  gathered_.Add(effects_);
  for (Defect& defect : found->defects) {
    if (defect.attempt.has_value() && again.count(defect.attempt->task) == 0) {
      defect.remedy = "nothing, as nobody reads it any more";  // Since it was found.
    }
  }
  std::set<std::string> unneeded = farm_->FindUnneeded(found->blob_deletes);
  std::copy_if(found->blob_deletes.begin(), found->blob_deletes.end(),
               std::inserter(unneeded, unneeded.end()),
               [](const std::string& key) { return ParsePieceKey(key).has_value(); });
  gathered_.drops.insert(gathered_.drops.end(), unneeded.begin(), unneeded.end());
  gathered_.notes.push_back({.level = Note::Level::kWarning,
                             .text = "a check has found " + std::to_string(found->defects.size()) +
                                     " defects in what is stored; " + std::to_string(again.size()) +
                                     " tasks run again"});
  care_->PutRight(found->defects);
}

Status Server::HearWaiting(Duration timeout) {
  heard_all_ = false;
  while (gathered_messages_ < kBatchMessagesMax &&
         !(gathered_messages_ >= kBatchMessagesMin && committer_->IsAtRest())) {
    WEFT_ASSIGN_OR_RETURN(const std::optional<Received> received, listener_->Receive(timeout));
    if (!received.has_value()) {
      heard_all_ = true;
      return {};
    }
    timeout = Duration::zero();
    ++gathered_messages_;
    if (Switchboard::IsHere(received->from)) {
      if (IsNews(++garbage_count_)) {
        log_.Warning("not heard: a peer that calls itself one of this program's own");
      }
      continue;  // Its answers would go to somebody else.
    }
    MessageArrived arrived{received->from, {}};
    if (arrived.message.ParseFromString(received->bytes)) {
      Admit(arrived, listener_->Sender());
    } else {
      RefuseGarbage(*received);
    }
  }
  return {};
}

void Server::Admit(MessageArrived& arrived, const Guest& guest) {
  const auto objection = FindObjection(guest, arrived.message, farm_->State().jobs);
  if (objection.has_value()) {
    RefuseGuest(arrived, *objection);
    return;
  }
  Sign(guest, arrived.message);
  if (trusts_outputs_ || !arrived.message.has_task_completed()) {
    Hear(std::move(arrived));
  } else if (auto looked_at = output_check_.Look(std::move(arrived)); looked_at) {
    Hear(*std::move(looked_at));
  }
}

void Server::RefuseGuest(const MessageArrived& arrived, const std::string& why) {
  if (IsNews(++refused_count_)) {
    log_.Warning("refused: " + why + "; " + std::to_string(refused_count_) + " so far");
  }
  if (!IsOfWorkers(arrived.message)) {
    RefuseRequest(arrived, Error(ErrorCode::kPermissionDenied, why));
    return;
  }
  Message refusal{arrived.from, {}};
  refusal.body.mutable_worker_refused()->set_reason(why);
  Send({refusal.to, {refusal.body.SerializeAsString()}});
}

void Server::RefuseRequest(const MessageArrived& arrived, const Error& why) {
  v1::FromCoordinator refusal;
  v1::RequestRefused& refused = *refusal.mutable_request_refused();
  *refused.mutable_error() = ToWire(why);
  refused.set_client_token(ValidUtf8(arrived.message.submit_job().client_token()));
  Send({arrived.from, {refusal.SerializeAsString()}});
}

void Server::Hear(MessageArrived&& arrived) {
  if (arrived.message.has_log_records()) {
    log_desk_.Hear(arrived.from, arrived.message.log_records(), clock_.Now());
  } else if (arrived.message.has_read_log()) {
    const v1::FromCoordinator page = log_desk_.Answer(arrived.message.read_log());
    Send({arrived.from, {page.SerializeAsString()}});
  } else if (arrived.message.has_care_for_state()) {
    const v1::FromCoordinator status = care_->Answer(arrived.message.care_for_state());
    Send({arrived.from, {status.SerializeAsString()}});
  } else if (arrived.message.has_offer_file()) {
    const v1::FromCoordinator offered =
        upload_desk_.Answer(arrived.message.offer_file(), clock_.Now());
    Send({arrived.from, {offered.SerializeAsString()}});
  } else if (const auto refusal = upload_desk_.Refuse(arrived.message, clock_.Now()); refusal) {
    Send({arrived.from, {refusal->SerializeAsString()}});
  } else {
    constexpr auto kNoSpace = static_cast<std::uint32_t>(ErrorCode::kNoSpace);
    if (arrived.message.task_failed().error().code() == kNoSpace) {
      gate_looked_ = {};
      WatchDisk(clock_.Now());  // Jobs are held back first, if it is ours that is full.
    }
    Handle(std::move(arrived));
  }
}

void Server::TendLogs(Time now) {
  if (const auto [lost, why] = logs_.TakeLosses(); lost > 0) {
    log_records_lost_ += lost;
    log_.Warning(std::to_string(lost) + " log records could not be kept: " + why);
  }
  if (logs_pruned_ == Time{} || now - logs_pruned_ >= kLogPrunePeriod) {
    logs_pruned_ = now;
    logs_.Prune();
  }
}

Status Server::Deliver() {
  auto done = committer_->Take();
  if (!done.has_value()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(spare_, *std::move(done));
  for (const Letter& letter : spare_.letters) {
    Send(letter);
  }
  for (const Note& note : spare_.notes) {
    Write(note);
  }
  blobs_->Drop(spare_.drops);
  spare_.clear();
  care_->BatchIsOnDisk();
  return {};
}

Duration Server::Patience() const {
  if (!unreachable_.empty()) {
    return Duration::zero();
  }
  const auto due = farm_->NextWakeup();
  if (!due.has_value()) {
    return kStopLatency;
  }
  return std::clamp(std::max(*due, tick_gate_.Settled()) - clock_.Now(), Duration::zero(),
                    kStopLatency);
}

void Server::RefuseGarbage(const Received& received) {
  if (IsNews(++garbage_count_)) {
    log_.Warning("a peer sent " + std::to_string(received.bytes.size()) +
                 " bytes that are no message; " + std::to_string(garbage_count_) + " so far");
  }
  Message refusal{received.from, {}};
  *refusal.body.mutable_request_refused()->mutable_error() =
      ToWire(Error(ErrorCode::kInvalidArgument,
                   "these bytes are no message of weft.v1, or a text in them is not UTF-8"));
  Send({refusal.to, {refusal.body.SerializeAsString()}});
}

void Server::Handle(const Event& event) {
  farm_->Handle(event, clock_.Now(), effects_);
  gathered_.Add(effects_);
}

void Server::Send(const Letter& letter) {
  if (Switchboard::IsHere(letter.to)) {
    v1::FromCoordinator answer;
    if (!letter.messages.empty() && answer.ParseFromString(letter.messages.front())) {
      if (answer.has_farm_status()) {
        Complete(*answer.mutable_farm_status());
      }
      board_.Deliver(letter.to, answer);
    }
    return;
  }
  Failpoint("coordinator/before-letter");
  const Status sent = listener_->SendAll(letter.to, letter.messages);
  if (sent) {
    return;
  }
  if (sent.error().code() == ErrorCode::kUnavailable) {
    unreachable_.push_back(letter.to);
  } else {
    log_.Error("messages could not be sent: " + sent.error().message());
  }
}

void Server::Complete(v1::FarmStatus& status) const {
  status.set_disk_free_bytes(gate_.FreeBytes());
  status.set_log_records_lost(log_records_lost_ + log_desk_.LostCount());
}

void Server::Write(const Note& note) {
  const LogEntry entry{
      .unix_ms = NowUnixMs(),
      .level = note.level == Note::Level::kWarning ? LogLevel::kWarning : LogLevel::kInfo,
      .fields = {.job = note.job, .task = note.task, .worker = note.worker},
      .message = note.text};
  log_.With(entry.fields).Write(entry.level, entry.message);
  logs_.KeepNote(entry);
  const Job* const job = farm_->State().jobs.Find({note.job});
  if (hear_job_ && !note.event.empty() && job != nullptr) {
    hear_job_({note.event, entry.unix_ms, *job});
  }
}

}  // namespace weft::coordinator
