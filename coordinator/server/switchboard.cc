#include "coordinator/server/switchboard.h"

namespace weft::coordinator {
namespace {

// The names that ZeroMQ gives to peers begin with a zero byte; whoever calls themselves like this
// is not heard.
constexpr const char* kPrefix = "here/";

}  // namespace

void Switchboard::Ask(Guest guest, v1::ToCoordinator question, Answered answered) {
  {
    const std::lock_guard lock(mutex_);
    PeerId from{kPrefix + std::to_string(++asked_)};
    waiting_.emplace(from, std::move(answered));
    calls_.push_back({std::move(from), std::move(guest), std::move(question)});
  }
  wake_();
}

std::vector<Switchboard::Call> Switchboard::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

bool Switchboard::IsHere(const PeerId& to) {
  return to.value.rfind(kPrefix, 0) == 0;
}

void Switchboard::Deliver(const PeerId& to, const v1::FromCoordinator& answer) {
  Answered answered;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = waiting_.find(to);
    if (waiting == waiting_.end()) {
      return;  // It has had its answer.
    }
    answered = std::move(waiting->second);
    waiting_.erase(waiting);
  }
  answered(answer);
}

}  // namespace weft::coordinator
