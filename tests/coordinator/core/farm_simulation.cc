#include "tests/coordinator/core/farm_simulation.h"

#include <tuple>
#include <utility>

#include "tests/coordinator/core/fence_watch.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

constexpr Duration kChaos{120'000};
constexpr Duration kPatience{3'600'000};  // Every job must have ended by then.
constexpr double kLoss = 0.05;
constexpr double kRepeat = 0.05;

}  // namespace

FarmSimulation::FarmSimulation(std::uint64_t seed) : random_(seed), chaos_end_(now_ + kChaos) {
  habits_.frame_count = 1 + static_cast<std::uint32_t>(random_() % 40);
  const std::size_t workers = 1 + random_() % 4;
  for (std::size_t i = 0; i < workers; ++i) {
    seats_.push_back({"worker-" + std::to_string(i), nullptr});
  }
  const std::size_t jobs = 1 + random_() % 3;
  for (std::size_t i = 0; i < jobs; ++i) {
    clients_.push_back(std::make_unique<ModelClient>("token-" + std::to_string(i), RandomSpec()));
  }
}

FarmSimulation::Report FarmSimulation::Run() {
  StartCoordinator();
  for (Seat& seat : seats_) {
    StartWorker(seat);
    LiveWorker(seat);
  }
  for (const auto& client : clients_) {
    LiveClient(*client);
  }
  Plan(Between(1000, 5000), [this] { Disturb(); });
  const Time deadline = now_ + kPatience;
  while (!AllEnded() && report_.breach.empty() && now_ < deadline) {
    const Step step = steps_.top();
    steps_.pop();
    now_ = step.when;
    step.act();
  }
  if (!AllEnded()) {
    Breach("a job did not end");
  }
  for (const auto& client : clients_) {
    report_.jobs_ended += client->end().has_value() ? 1 : 0;
    report_.jobs_done +=
        client->end().has_value() && client->end()->state() == v1::JOB_STATE_DONE ? 1 : 0;
  }
  return report_;
}

void FarmSimulation::Plan(Duration delay, std::function<void()> act) {
  steps_.push({now_ + delay, ++order_, std::move(act)});
}

bool FarmSimulation::Chance(double probability) {
  return static_cast<double>(random_() % 100'000) < probability * 100'000;
}

Duration FarmSimulation::Between(int low_ms, int high_ms) {
  return Duration(low_ms + static_cast<int>(random_() % static_cast<unsigned>(high_ms - low_ms)));
}

v1::JobSpec FarmSimulation::RandomSpec() {
  v1::JobSpec spec = SampleSpec();
  spec.set_chunk_frames(3 + static_cast<std::uint32_t>(random_() % 16));
  spec.set_window(static_cast<std::uint32_t>(random_() % 5));
  spec.set_anchors_attended(static_cast<std::uint32_t>(random_() % 3));
  spec.set_final_pass(Chance(0.5));
  if (Chance(0.5)) {
    spec.clear_controls();
  }
  return spec;
}

void FarmSimulation::StartCoordinator() {
  farm_ = std::make_unique<Farm>(FarmOptions{});
  std::vector<Record> records;
  for (const auto& [key, value] : disk_) {
    records.push_back({key, value});
  }
  const Result<Effects> effects = farm_->Restore(records, now_);
  if (!effects) {
    Breach("the ledger cannot be read: " + effects.error().message());
    return;
  }
  if (Commit(*effects)) {
    TickWhenDue();
  }
}

void FarmSimulation::KillCoordinator() {
  ++report_.restarts;
  farm_.reset();
  Plan(Between(10, 20'000), [this] { StartCoordinator(); });
}

void FarmSimulation::Handle(const Event& event) {
  if (farm_ == nullptr) {
    return;
  }
  const FenceWatch fence(farm_->State(), event, now_);
  const Effects effects = farm_->Handle(event, now_);
  if (auto breach = fence.FindBreach(farm_->State(), effects); breach.has_value()) {
    Breach(*breach);
  }
  const bool chaos = now_ < chaos_end_;
  if (chaos && Chance(0.0005)) {
    KillCoordinator();  // Before the records reached the disk.
    return;
  }
  if (!Commit(effects)) {
    return;
  }
  if (chaos && Chance(0.0005)) {
    KillCoordinator();  // Before the messages were sent.
    return;
  }
  if (auto breach = FindBreach(farm_->State()); breach.has_value()) {
    Breach(*breach);
  }
  // What was once forgotten stays forgotten, so a look now and then finds it, too.
  if (random_() % 32 == 0) {
    if (auto breach = FindDivergence(farm_->State(), disk_); breach.has_value()) {
      Breach(*breach);
    }
  }
  Send(effects);
  TickWhenDue();
}

bool FarmSimulation::Commit(const Effects& effects) {
  for (const Record& record : effects.records) {
    const auto before = disk_.find(record.key);
    if (before != disk_.end()) {
      if (auto breach = FindBreach(before->second, record.value); breach.has_value()) {
        Breach(*breach);
      }
    }
    disk_[record.key] = record.value;
  }
  return farm_ != nullptr;
}

void FarmSimulation::Send(const Effects& effects) {
  for (const Message& message : effects.messages) {
    report_.superseded += message.body.outcome_acknowledged().superseded() ? 1 : 0;
    Transmit([this, message] { ToPeer(message.to, message.body); });
  }
}

void FarmSimulation::TickWhenDue() {
  const auto due = farm_->NextWakeup();
  if (due.has_value()) {
    const Farm* farm = farm_.get();
    Plan(std::max(Duration(1), *due - now_), [this, farm, when = *due] {
      // Another event may have moved the hour; only the tick that is still due acts.
      if (farm_.get() == farm && farm_->NextWakeup() <= now_ && when <= now_) {
        Handle(Tick{});
      }
    });
  }
}

void FarmSimulation::StartWorker(Seat& seat) {
  seat.process = std::make_unique<ModelWorker>(seat.name, ++instances_, habits_);
}

void FarmSimulation::LiveWorker(Seat& seat) {
  Plan(Between(800, 1000), [this, &seat] {
    if (seat.process->Stopped()) {
      StartWorker(seat);
    }
    if (now_ >= seat.frozen_until) {
      for (const v1::ToCoordinator& message : seat.process->Live(now_, random_, blobs_)) {
        Transmit([this, from = seat.process->Peer(), message] { ToCoordinator(from, message); });
      }
    }
    LiveWorker(seat);
  });
}

void FarmSimulation::LiveClient(ModelClient& client) {
  Plan(Between(1500, 2500), [this, &client] {
    for (const v1::ToCoordinator& message : client.Live()) {
      Transmit([this, from = client.Peer(), message] { ToCoordinator(from, message); });
    }
    LiveClient(client);
  });
}

void FarmSimulation::Disturb() {
  if (now_ >= chaos_end_) {
    return;
  }
  Seat& seat = seats_[random_() % seats_.size()];
  switch (random_() % 6) {
    case 0:
      if (farm_ != nullptr) {
        KillCoordinator();
      }
      break;
    case 1:
    case 2:
      ++report_.worker_crashes;
      StartWorker(seat);
      break;
    case 3:
      seat.frozen_until = now_ + Between(1000, 60'000);
      break;
    case 4:
      if (Chance(0.1)) {
        clients_[random_() % clients_.size()]->Cancel();
      }
      break;
    default:
      Handle(PeerGone{seat.process->Peer()});
      break;
  }
  Plan(Between(1000, 20'000), [this] { Disturb(); });
}

void FarmSimulation::Transmit(std::function<void()> deliver) {
  if (Chance(kLoss)) {
    return;
  }
  if (Chance(kRepeat)) {
    Plan(Between(1, 3000), deliver);
  }
  Plan(Between(1, Chance(0.05) ? 3000 : 50), std::move(deliver));
}

void FarmSimulation::ToCoordinator(const PeerId& from, const v1::ToCoordinator& message) {
  Handle(MessageArrived{from, message});
}

void FarmSimulation::ToPeer(const PeerId& to, const v1::FromCoordinator& message) {
  for (Seat& seat : seats_) {
    if (seat.process->Peer() == to && now_ >= seat.frozen_until) {
      seat.process->Hear(message, now_, random_, blobs_);
      if (!seat.process->Complaint().empty()) {
        Breach(seat.process->Complaint());
      }
    }
  }
  for (const auto& client : clients_) {
    if (client->Peer() == to) {
      client->Hear(message);
      if (!client->Complaint().empty()) {
        Breach(client->Complaint());
      }
    }
  }
}

void FarmSimulation::Breach(const std::string& what) {
  if (report_.breach.empty()) {
    report_.breach = what + " (at " + std::to_string(now_.time_since_epoch().count()) + " ms)";
  }
}

bool FarmSimulation::AllEnded() const {
  for (const auto& client : clients_) {
    if (!client->end().has_value()) {
      return false;
    }
  }
  return true;
}

}  // namespace weft::coordinator
