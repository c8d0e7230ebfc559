#include "coordinator/core/ready_queue.h"

#include <algorithm>
#include <utility>

namespace weft::coordinator {

void ReadyQueue::AddJob(const JobId& job, const Standing& standing) {
  jobs_.try_emplace(job, JobShare{.standing = standing});
  users_.try_emplace(standing.user);
}

void ReadyQueue::Insert(const Requirement& requirement, const ReadyTask& task) {
  JobShare& job = jobs_.at(task.id.job);
  UserShare& user = users_.at(job.standing.user);
  if (user.ready == 0) {
    user.served = std::max(user.served, clock_);
  }
  if (job.ready == 0) {
    job.served = std::max(job.served, user.clock);
  }
  Jobs& jobs = UsersOf(requirement, user.held)[{user.served, job.standing.user}];
  if (!jobs[RankOf(task.id.job, job)].insert(task).second) {
    return;
  }
  ++job.ready;
  ++user.ready;
  ++user.requirements[requirement];
  job.requirements.insert(requirement);
  eligible_ += user.held ? 0 : 1;
}

void ReadyQueue::Erase(const Requirement& requirement, const ReadyTask& task) {
  const auto known = jobs_.find(task.id.job);
  const auto found = classes_.find(requirement);
  if (known == jobs_.end() || found == classes_.end()) {
    return;
  }
  JobShare& job = known->second;
  UserShare& user = users_.at(job.standing.user);
  auto& users = user.held ? found->second.held : found->second.users;
  const auto owner = users.find({user.served, job.standing.user});
  if (owner == users.end()) {
    return;
  }
  const auto tasks = owner->second.find(RankOf(task.id.job, job));
  if (tasks == owner->second.end() || tasks->second.erase(task) == 0) {
    return;
  }
  --job.ready;
  --user.ready;
  eligible_ -= user.held ? 0 : 1;
  if (--user.requirements[requirement] == 0) {
    user.requirements.erase(requirement);
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
  JobShare& job = jobs_.at(id);
  UserShare& user = users_.at(job.standing.user);
  clock_ = std::max(clock_, user.served);
  user.clock = std::max(user.clock, job.served);
  const JobRank before = RankOf(id, job);
  job.served += work;
  Reseat(id, job, before);
  for (const auto& [requirement, count] : user.requirements) {
    auto& users = UsersOf(requirement, user.held);
    auto node = users.extract({user.served, job.standing.user});
    node.key() = {user.served + work, job.standing.user};
    users.insert(std::move(node));
  }
  user.served += work;
}

void ReadyQueue::SetPriority(const JobId& id, std::uint32_t priority) {
  JobShare& job = jobs_.at(id);
  const JobRank before = RankOf(id, job);
  job.standing.priority = priority;
  Reseat(id, job, before);
}

void ReadyQueue::Hold(const std::string& name, bool held) {
  UserShare& user = users_[name];
  if (user.held == held) {
    return;
  }
  for (const auto& [requirement, count] : user.requirements) {
    auto& from = UsersOf(requirement, user.held);
    auto& to = UsersOf(requirement, held);
    to.insert(from.extract({user.served, name}));
  }
  user.held = held;
  eligible_ = held ? eligible_ - user.ready : eligible_ + user.ready;
}

std::optional<ReadyTask> ReadyQueue::First(const Capability& worker) const {
  using Rank = std::pair<UserRank, JobRank>;
  std::optional<std::pair<Rank, ReadyTask>> first;
  for (const auto& [requirement, queue] : classes_) {
    if (queue.users.empty() || FindLack(worker, requirement).has_value()) {
      continue;
    }
    const auto& [user, jobs] = *queue.users.begin();
    const auto& [job, tasks] = *jobs.begin();
    const std::pair<Rank, ReadyTask> candidate{{user, job}, *tasks.begin()};
    if (!first.has_value() || candidate.first < first->first ||
        (candidate.first == first->first && candidate.second < first->second)) {
      first = candidate;
    }
  }
  return first.has_value() ? std::optional(first->second) : std::nullopt;
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

std::map<ReadyQueue::UserRank, ReadyQueue::Jobs>& ReadyQueue::UsersOf(
    const Requirement& requirement, bool held) {
  Class& found = classes_[requirement];
  return held ? found.held : found.users;
}

void ReadyQueue::Reseat(const JobId& id, const JobShare& job, const JobRank& before) {
  const UserShare& user = users_.at(job.standing.user);
  for (const Requirement& requirement : job.requirements) {
    auto& jobs = UsersOf(requirement, user.held).at({user.served, job.standing.user});
    auto node = jobs.extract(before);
    node.key() = RankOf(id, job);
    jobs.insert(std::move(node));
  }
}

ReadyQueue::JobRank ReadyQueue::RankOf(const JobId& id, const JobShare& job) {
  return {-static_cast<std::int64_t>(job.standing.priority), job.served, job.standing.sequence, id};
}

}  // namespace weft::coordinator
