#include "coordinator/core/ready_queue.h"

#include <algorithm>
#include <utility>

namespace weft::coordinator {
namespace {

// False when it was not there. Most often it is the first one's turn.
bool Take(std::uint64_t job_sequence, const TaskId& id, std::set<ReadyTask>& from) {
  if (!from.empty() && from.begin()->id == id) {
    from.erase(from.begin());
    return true;
  }
  return from.erase({job_sequence, id}) > 0;
}

}  // namespace

void ReadyQueue::AddJob(const JobId& job, const Standing& standing) {
  if (jobs_.Find(job) == nullptr) {
    jobs_[job] = {
        .user = &UserNamed(standing.user),
        .rank = {.priority = standing.priority, .sequence = standing.sequence, .id = job}};
  }
}

void ReadyQueue::Insert(const Requirement& requirement, const ReadyTask& task) {
  JobShare& job = jobs_.At(task.id.job);
  UserShare& user = *job.user;
  if (user.ready == 0) {
    user.rank.served = std::max(user.rank.served, clock_);
  }
  if (job.ready == 0) {
    job.rank.served = std::max(job.rank.served, user.clock);
  }
  if (!UsersOf(requirement, user.held)[user.rank][job.rank].insert(task).second) {
    return;
  }
  ++job.ready;
  ++user.ready;
  ++user.requirements[requirement];
  job.requirements.insert(requirement);
  eligible_ += user.held ? 0 : 1;
}

void ReadyQueue::Erase(const Requirement& requirement,
                       std::uint64_t job_sequence,
                       const TaskId& id) {
  JobShare* const known = jobs_.Find(id.job);
  const auto found = classes_.find(requirement);
  if (known == nullptr || found == classes_.end()) {
    return;
  }
  JobShare& job = *known;
  UserShare& user = *job.user;
  auto& users = user.held ? found->second.held : found->second.users;
  const auto owner = users.find(user.rank);
  if (owner == users.end()) {
    return;
  }
  const auto tasks = owner->second.find(job.rank);
  if (tasks == owner->second.end() || !Take(job_sequence, id, tasks->second)) {
    return;
  }
  --job.ready;
  --user.ready;
  eligible_ -= user.held ? 0 : 1;
  const auto count = user.requirements.find(requirement);
  if (--count->second == 0) {
    user.requirements.erase(count);
  }
  if (tasks->second.empty()) {
    owner->second.erase(tasks);
    job.requirements.erase(requirement);
  }
  if (owner->second.empty()) {
    users.erase(owner);
  }
  if (found->second.users.empty() && found->second.held.empty()) {
    classes_.erase(found);
  }
}

void ReadyQueue::Charge(const JobId& id, double work) {
  JobShare& job = jobs_.At(id);
  UserShare& user = *job.user;
  clock_ = std::max(clock_, user.rank.served);
  user.clock = std::max(user.clock, job.rank.served);
  JobRank later = job.rank;
  later.served += work;
  Reseat(job, later);
  const double served = user.rank.served + work;
  for (const auto& [requirement, count] : user.requirements) {
    auto& users = UsersOf(requirement, user.held);
    auto node = users.extract(user.rank);
    node.key().served = served;
    users.insert(std::move(node));
  }
  user.rank.served = served;
}

void ReadyQueue::SetPriority(const JobId& id, std::uint32_t priority) {
  JobShare& job = jobs_.At(id);
  JobRank other = job.rank;
  other.priority = priority;
  Reseat(job, other);
}

void ReadyQueue::Hold(const std::string& name, bool held) {
  UserShare& user = UserNamed(name);
  if (user.held == held) {
    return;
  }
  for (const auto& [requirement, count] : user.requirements) {
    auto& from = UsersOf(requirement, user.held);
    auto& to = UsersOf(requirement, held);
    to.insert(from.extract(user.rank));
  }
  user.held = held;
  eligible_ = held ? eligible_ - user.ready : eligible_ + user.ready;
}

const ReadyTask* ReadyQueue::First(const Capability& worker) const {
  const UserRank* first_user = nullptr;
  const JobRank* first_job = nullptr;
  const ReadyTask* first = nullptr;
  for (const auto& [requirement, queue] : classes_) {
    if (queue.users.empty() || FindLack(worker, requirement).has_value()) {
      continue;
    }
    const auto& [user, jobs] = *queue.users.begin();
    const auto& [job, tasks] = *jobs.begin();
    const ReadyTask& task = *tasks.begin();
    if (first == nullptr || std::tie(user, job, task) < std::tie(*first_user, *first_job, *first)) {
      first_user = &user;
      first_job = &job;
      first = &task;
    }
  }
  return first;
}

std::map<Requirement, std::uint64_t> ReadyQueue::Counts() const {
  std::map<Requirement, std::uint64_t> counts;
  for (const auto& [name, user] : users_) {
    for (const auto& [requirement, count] : user.requirements) {
      counts[requirement] += count;
    }
  }
  return counts;
}

ReadyQueue::UserShare& ReadyQueue::UserNamed(const std::string& name) {
  return users_.try_emplace(name, UserShare{.rank = {.name = name}}).first->second;
}

std::map<ReadyQueue::UserRank, ReadyQueue::Jobs>& ReadyQueue::UsersOf(
    const Requirement& requirement, bool held) {
  Class& found = classes_[requirement];
  return held ? found.held : found.users;
}

void ReadyQueue::Reseat(JobShare& job, const JobRank& rank) {
  for (const Requirement& requirement : job.requirements) {
    auto& jobs = UsersOf(requirement, job.user->held).at(job.user->rank);
    auto node = jobs.extract(job.rank);
    node.key() = rank;
    jobs.insert(std::move(node));
  }
  job.rank = rank;
}

}  // namespace weft::coordinator
