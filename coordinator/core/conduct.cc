#include "coordinator/core/conduct.h"

#include <algorithm>

namespace weft::coordinator {

bool Conduct::Admit(const WorkerId& worker, Time now) {
  Past& past = past_[worker];
  const double seconds = past.allowed_at.has_value()
                             ? std::chrono::duration<double>(now - *past.allowed_at).count()
                             : limits_.burst / limits_.rate;
  past.allowance = std::min(limits_.burst, past.allowance + seconds * limits_.rate);
  past.allowed_at = now;
  if (past.allowance < 1) {
    return false;
  }
  past.allowance -= 1;
  return true;
}

void Conduct::AllowForTask(const WorkerId& worker) {
  Past& past = past_[worker];
  past.allowance = std::min(limits_.burst, past.allowance + limits_.rate_for_task);
}

bool Conduct::CountError(const WorkerId& worker, const TaskId& task) {
  Past& past = past_[worker];
  if (past.last_error == task) {
    return false;  // One bad task is no bad worker.
  }
  past.last_error = task;
  return ++past.errors >= limits_.errors_max;
}

void Conduct::CountSuccess(const WorkerId& worker) {
  Past& past = past_[worker];
  past.errors = 0;
  past.last_error.reset();
}

bool Conduct::CountOffence(const WorkerId& worker) {
  return ++past_[worker].offences >= limits_.offences_max;
}

Time Conduct::SetAside(const WorkerId& worker, Time now) {
  constexpr std::uint32_t kDoublingsMax = 20;
  Past& past = past_[worker];
  const std::uint32_t doublings = std::min(past.times_aside, kDoublingsMax);
  const Duration span = std::min(limits_.aside_max, limits_.aside * (std::int64_t{1} << doublings));
  ++past.times_aside;
  past.aside_until = now + span;
  aside_.emplace(*past.aside_until, worker);
  return *past.aside_until;
}

bool Conduct::IsAside(const WorkerId& worker) const {
  const Past* const past = past_.Find(worker);
  return past != nullptr && past->aside_until.has_value();
}

std::vector<WorkerId> Conduct::Forgive(Time now) {
  std::vector<WorkerId> forgiven;
  while (!aside_.empty() && aside_.begin()->first <= now) {
    forgiven.push_back(aside_.begin()->second);
    Past& past = past_[forgiven.back()];
    past.aside_until.reset();
    past.errors = 0;
    past.offences = 0;
    past.last_error.reset();
    aside_.erase(aside_.begin());
  }
  return forgiven;
}

std::optional<Time> Conduct::NextForgiveness() const {
  return aside_.empty() ? std::nullopt : std::optional(aside_.begin()->first);
}

}  // namespace weft::coordinator
