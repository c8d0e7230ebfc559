#include "tests/simulation/host.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "coordinator/core/protocol.h"

namespace weft::simulation {
namespace {

constexpr std::size_t kTurnEventsMax = 64;
constexpr Duration kRestart{2000};  // What its supervisor waits before it starts it again.

void Append(coordinator::Effects&& more, coordinator::Effects& effects) {
  std::move(more.records.begin(), more.records.end(), std::back_inserter(effects.records));
  std::move(more.messages.begin(), more.messages.end(), std::back_inserter(effects.messages));
  std::move(more.notes.begin(), more.notes.end(), std::back_inserter(effects.notes));
  std::move(more.drops.begin(), more.drops.end(), std::back_inserter(effects.drops));
}

}  // namespace

Host::Host(const Site& site, Send send)
    : site_(site), send_(std::move(send)), random_(site.scenario.seed, "host") {}

void Host::Start() {
  ++life_;
  inbox_.clear();
  rot_.reset();
  in_turn_ = false;
  const Result<std::vector<coordinator::Record>> records = site_.disk.Load();
  if (!records) {
    site_.audit.Breach("the disk cannot be read: " + records.error().message());
    return;
  }
  version_ = installed_.version;
  coordinator::FarmOptions options = site_.scenario.options;
  options.pictures_since += version_;
  farm_ = std::make_unique<coordinator::Farm>(options);
  Result<coordinator::Effects> effects = farm_->Restore(*records, site_.timeline.Now());
  if (!effects) {
    site_.audit.Breach("the ledger cannot be read: " + effects.error().message());
    return;
  }
  site_.audit.Trace("coordinator of version " + std::to_string(version_) + " starts, epoch " +
                    std::to_string(farm_->State().epoch));
  site_.audit.AfterRestore(farm_->State());
  // Only once the batch is on disk: the core already counts as undone what the disk has as done.
  const std::set<std::string> unneeded = FindUnneeded();
  effects->drops.insert(effects->drops.end(), unneeded.begin(), unneeded.end());
  RunLostAgain(*effects);  // The life before may have died with what it made of that.
  in_turn_ = true;
  Commit(*std::move(effects));
}

void Host::Kill(const Fault& fault) {
  if (farm_ == nullptr || doom_.has_value()) {
    return;
  }
  doom_ = fault;
  Dies(KillPoint::kIdle);
}

void Host::LoseOutputs(const Fault& fault) {
  if (farm_ != nullptr) {
    rot_ = fault;
    PlanTurn(Duration(1));
  }
}

void Host::Rot(const Fault& fault) {
  Random random(fault.detail, "rot");
  for (const coordinator::Task* const task : farm_->State().tasks.All()) {
    const bool is_of_use = task->state == coordinator::TaskState::kDone &&
                           task->id.stage != Stage::kAssemble && !task->outputs.empty();
    if (!is_of_use || !random.Chance(0.3)) {
      continue;
    }
    for (const auto& [name, blob] : task->outputs) {
      site_.blobs.erase(blob.key());
      site_.audit.OnRot(blob.key());
    }
    lost_.push_back(task->LatestAttempt());
    site_.audit.Trace("outputs of " + Name(task->id) + " are lost");
  }
}

void Host::RunLostAgain(coordinator::Effects& effects) {
  coordinator::Effects more;
  const std::set<TaskId> again = farm_->RunAgain(lost_, site_.timeline.Now(), more);
  site_.audit.OnRunAgain(farm_->State(), again);
  Append(std::move(more), effects);
}

void Host::Replace(const Fault& fault, Duration span) {
  installed_.Install(fault);
  if (farm_ != nullptr) {
    Die(span);
  }
}

bool Host::Dies(KillPoint here) {
  const auto point = [&] {
    return static_cast<KillPoint>(doom_->detail % static_cast<std::uint32_t>(KillPoint::kCount));
  };
  if (!doom_.has_value() || point() != here) {
    return false;
  }
  Die(std::exchange(doom_, std::nullopt)->span);
  return true;
}

void Host::Die(Duration span) {
  const bool lost = site_.disk.Crash(random_.Next());
  site_.audit.Trace(lost ? "coordinator dies, its batch is lost" : "coordinator dies");
  farm_.reset();
  ++life_;
  site_.timeline.Plan(span, [this] { Start(); });
}

void Host::Plan(Duration delay, std::function<void()> act) {
  site_.timeline.Plan(delay, [this, life = life_, act = std::move(act)] {
    if (life == life_) {
      act();
    }
  });
}

void Host::Arrive(const PeerId& from, const v1::ToCoordinator& message) {
  if (farm_ == nullptr) {
    return;
  }
  coordinator::MessageArrived arrived{from, message, FindLie(message)};
  if (arrived.lie.has_value()) {
    site_.audit.OnLie(farm_->State(), message.task_completed());
  }
  inbox_.emplace_back(std::move(arrived));
  PlanTurn(Duration(1));
}

void Host::Arrive(const PeerId& from, v1::ToCoordinator message, std::uint32_t version) {
  if (message.has_worker_hello() && version != version_) {
    message.mutable_worker_hello()->set_protocol_min(coordinator::kProtocolMax + 1);
    message.mutable_worker_hello()->set_protocol_max(coordinator::kProtocolMax + 1);
  }
  Arrive(from, message);
}

void Host::PlanTurn(Duration delay) {
  if (!in_turn_) {
    in_turn_ = true;
    Plan(delay, [this] { Turn(); });
  }
}

void Host::Turn() {
  coordinator::Effects effects;
  if (rot_.has_value()) {
    Rot(*std::exchange(rot_, std::nullopt));
    RunLostAgain(effects);
  }
  const std::size_t count = std::min(inbox_.size(), kTurnEventsMax);
  for (std::size_t i = 0; i < count; ++i) {
    Handle(inbox_[i], effects);
  }
  inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(count));
  const auto due = farm_->NextWakeup();
  if (inbox_.empty() && due.has_value() && *due <= site_.timeline.Now()) {
    Handle(coordinator::Tick{}, effects);
  }
  if (effects.records.empty()) {
    Finish(effects);
  } else {
    Commit(std::move(effects));
  }
}

void Host::Handle(const coordinator::Event& event, coordinator::Effects& effects) {
  const Time now = site_.timeline.Now();
  site_.audit.BeforeEvent(farm_->State(), event);
  coordinator::Effects more = farm_->Handle(event, now);
  site_.audit.AfterEvent(farm_->State(), event, more);
  const auto due = farm_->NextWakeup();
  if (std::holds_alternative<coordinator::Tick>(event) && due.has_value() && *due <= now) {
    site_.audit.Breach("the coordinator wants to be woken at once, for ever");
  }
  Append(std::move(more), effects);
}

void Host::Commit(coordinator::Effects effects) {
  if (Dies(KillPoint::kBeforeCommit)) {
    return;
  }
  if (site_.timeline.Now() < full_until_) {
    site_.audit.Trace("the disk is full");
    Die(kRestart);
    return;
  }
  site_.audit.BeforeCommit(effects.records);
  site_.disk.Append(effects.records);
  if (Dies(KillPoint::kTornTail)) {
    return;
  }
  Plan(random_.Between(1, 12), [this, effects = std::move(effects)] {
    site_.disk.Sync();
    if (!Dies(KillPoint::kAfterCommit)) {
      Finish(effects);
    }
  });
}

void Host::Finish(const coordinator::Effects& effects) {
  for (const coordinator::Note& note : effects.notes) {
    site_.audit.Trace("coordinator: " + note.text);
  }
  std::size_t sent = 0;
  for (const coordinator::Message& message : effects.messages) {
    if (sent++ * 2 >= effects.messages.size() && Dies(KillPoint::kHalfSent)) {
      return;
    }
    site_.audit.BeforeSend(message);
    if (!send_(message)) {
      inbox_.emplace_back(coordinator::PeerGone{message.to});
    }
  }
  for (const std::string& prefix : effects.drops) {
    Drop(prefix);
  }
  site_.audit.AfterTurn(farm_->State());
  in_turn_ = false;
  if (!inbox_.empty()) {
    PlanTurn(Duration(1));
  } else {
    TickWhenDue();
  }
}

std::optional<std::string> Host::FindLie(const v1::ToCoordinator& message) const {
  for (const v1::Output& output : message.task_completed().result().outputs()) {
    const auto blob = site_.blobs.find(output.blob().key());
    if (blob == site_.blobs.end() || blob->second != output.blob().checksum() ||
        output.blob().size_bytes() != kBlobBytes) {
      return output.name() + " is not as it was said to be";
    }
  }
  return std::nullopt;
}

void Host::Drop(const std::string& prefix) {
  const auto first = site_.blobs.lower_bound(prefix);
  const auto last = site_.blobs.lower_bound(prefix + '\xff');
  if (first == last) {
    return;
  }
  site_.audit.Trace("blobs are dropped: " + prefix);
  site_.blobs.erase(first, last);
  site_.audit.AfterDrop(farm_->State(), site_.blobs);
}

std::set<std::string> Host::FindUnneeded() const {
  std::vector<std::string> keys;
  for (const auto& [key, checksum] : site_.blobs) {
    keys.push_back(key);
  }
  return farm_->FindUnneeded(keys);
}

void Host::Sweep() {
  for (const std::string& prefix : FindUnneeded()) {
    Drop(prefix);
  }
}

void Host::TickWhenDue() {
  const auto due = farm_->NextWakeup();
  if (due.has_value()) {
    Plan(*due - site_.timeline.Now(), [this] {
      const auto still_due = farm_->NextWakeup();
      if (still_due.has_value() && *still_due <= site_.timeline.Now()) {
        PlanTurn(Duration::zero());
      }
    });
  }
}

}  // namespace weft::simulation
