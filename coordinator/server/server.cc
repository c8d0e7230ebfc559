#include "coordinator/server/server.h"

#include <algorithm>
#include <utility>

#include "common/wire/error_wire.h"
#include "coordinator/ledger/rocks_ledger.h"

namespace weft::coordinator {
namespace {

constexpr std::size_t kControlMessageBytesMax = 1 << 20;  // proto/README.md, rule 8.
constexpr Duration kStopLatency{200};
// Of one batch: enough to share a sync between many workers, few enough to answer soon.
constexpr int kTurnMessagesMax = 256;

void Append(Effects&& more, Effects& effects) {
  std::move(more.records.begin(), more.records.end(), std::back_inserter(effects.records));
  std::move(more.messages.begin(), more.messages.end(), std::back_inserter(effects.messages));
  std::move(more.notes.begin(), more.notes.end(), std::back_inserter(effects.notes));
}

FarmOptions ToFarmOptions(const ServerOptions& options, const std::string& bulk_address) {
  FarmOptions farm;
  farm.heartbeat = options.heartbeat;
  farm.silence = options.silence;
  farm.lease = options.lease;
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
  WEFT_ASSIGN_OR_RETURN(parts.blobs, BlobService::Open(context, options.state_folder + "/blobs",
                                                       options.bulk_address));
  WEFT_ASSIGN_OR_RETURN(
      parts.listener,
      context.Listen(options.control_address, {.message_bytes_max = kControlMessageBytesMax}));
  parts.farm = std::make_unique<Farm>(ToFarmOptions(options, parts.blobs->Address()));
  std::unique_ptr<Server> server(new Server(std::move(parts), std::move(log)));
  WEFT_ASSIGN_OR_RETURN(const Effects effects,
                        server->farm_->Restore(records, server->clock_.Now()));
  WEFT_RETURN_IF_ERROR(server->Carry(effects));
  return server;
}

Server::Server(Parts parts, Log log)
    : ledger_(std::move(parts.ledger)),
      blobs_(std::move(parts.blobs)),
      listener_(std::move(parts.listener)),
      farm_(std::move(parts.farm)),
      log_(std::move(log)) {}

Status Server::Run(const std::atomic<bool>& stop) {
  while (!stop) {
    WEFT_RETURN_IF_ERROR(Turn(Patience()));
    WEFT_RETURN_IF_ERROR(blobs_->Health());
  }
  return {};
}

Status Server::Turn(Duration timeout) {
  Effects effects;
  for (const PeerId& peer : std::exchange(unreachable_, {})) {
    Handle(PeerGone{peer}, effects);
  }
  for (int count = 0; count < kTurnMessagesMax; ++count) {
    WEFT_ASSIGN_OR_RETURN(const std::optional<Received> received, listener_->Receive(timeout));
    if (!received.has_value()) {
      break;
    }
    timeout = Duration::zero();
    MessageArrived arrived{received->from, {}};
    if (arrived.message.ParseFromString(received->bytes)) {
      Handle(arrived, effects);
    } else {
      RefuseGarbage(*received);
    }
  }
  const auto due = farm_->NextWakeup();
  if (due.has_value() && *due <= clock_.Now()) {
    Handle(Tick{}, effects);
  }
  return Carry(effects);
}

Duration Server::Patience() const {
  if (!unreachable_.empty()) {
    return Duration::zero();
  }
  const auto due = farm_->NextWakeup();
  if (!due.has_value()) {
    return kStopLatency;
  }
  return std::clamp(*due - clock_.Now(), Duration::zero(), kStopLatency);
}

void Server::RefuseGarbage(const Received& received) {
  ++garbage_count_;
  // A peer that floods must not flood the log as well.
  if ((garbage_count_ & (garbage_count_ - 1)) == 0) {
    log_.Warning("a peer sent " + std::to_string(received.bytes.size()) +
                 " bytes that are no message; " + std::to_string(garbage_count_) + " so far");
  }
  Message refusal{received.from, {}};
  *refusal.body.mutable_request_refused()->mutable_error() =
      ToWire(Error(ErrorCode::kInvalidArgument, "these bytes are no message of weft.v1"));
  Send(refusal);
}

void Server::Handle(const Event& event, Effects& effects) {
  Append(farm_->Handle(event, clock_.Now()), effects);
}

Status Server::Carry(const Effects& effects) {
  const Status committed = ledger_->Commit(effects.records);
  if (!committed) {
    return Failure(committed.error().Within("ledger"));
  }
  for (const Message& message : effects.messages) {
    Send(message);
  }
  for (const Note& note : effects.notes) {
    Write(note);
  }
  return {};
}

void Server::Send(const Message& message) {
  const Status sent = listener_->Send(message.to, message.body.SerializeAsString());
  if (sent) {
    return;
  }
  if (sent.error().code() == ErrorCode::kUnavailable) {
    unreachable_.push_back(message.to);
  } else {
    log_.Error("a message could not be sent: " + sent.error().message());
  }
}

void Server::Write(const Note& note) const {
  const Log log = log_.With({.job = note.job, .task = note.task, .worker = note.worker});
  log.Write(note.level == Note::Level::kWarning ? LogLevel::kWarning : LogLevel::kInfo, note.text);
}

}  // namespace weft::coordinator
