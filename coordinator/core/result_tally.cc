#include "coordinator/core/result_tally.h"

#include <cassert>

namespace weft::coordinator {

void ResultTally::Add(const std::string& user,
                      const JobId& job,
                      std::uint64_t bytes,
                      std::uint64_t end) {
  Kept& kept = users_[user];
  const bool is_new = kept.ends.emplace(job, end).second;
  assert(is_new);
  static_cast<void>(is_new);
  kept.by_end.emplace(std::pair(end, job), bytes);
  kept.bytes += bytes;
}

void ResultTally::Forget(Kept& kept, const JobId& job, std::uint64_t end) {
  const auto entry = kept.by_end.find({end, job});
  kept.bytes -= entry->second;
  kept.by_end.erase(entry);
  kept.ends.erase(job);
}

void ResultTally::Remove(const std::string& user, const JobId& job) {
  const auto kept = users_.find(user);
  if (kept == users_.end()) {
    return;
  }
  const auto end = kept->second.ends.find(job);
  if (end != kept->second.ends.end()) {
    Forget(kept->second, JobId(job), std::uint64_t{end->second});
  }
}

std::vector<JobId> ResultTally::TakePast(std::uint64_t now) {
  std::vector<JobId> past;
  for (auto& [user, kept] : users_) {
    while (!kept.by_end.empty() && kept.by_end.begin()->first.first <= now) {
      const auto [end, job] = kept.by_end.begin()->first;
      Forget(kept, job, end);
      past.push_back(job);
    }
  }
  return past;
}

ResultTally::Share ResultTally::Of(const std::string& user, std::uint64_t now) const {
  const auto found = users_.find(user);
  if (found == users_.end()) {
    return {};
  }
  const Kept& kept = found->second;
  Share share{kept.bytes, 0};
  for (const auto& [place, bytes] : kept.by_end) {
    if (place.first > now) {
      share.first_end = place.first;
      break;
    }
    share.bytes -= bytes;
  }
  return share;
}

}  // namespace weft::coordinator
