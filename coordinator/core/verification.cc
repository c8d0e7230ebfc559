#include "coordinator/core/verification.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/checksum.h"

namespace weft::coordinator {
namespace {

// Equal seeds draw equal tasks, whichever order they are asked in.
std::uint64_t Lot(std::uint64_t seed, const TaskPlace& place) {
  return Xxh3(std::to_string(seed) + "/" + Name(place.stage) + "/" + std::to_string(place.chunk) +
              "." + std::to_string(place.round));
}

}  // namespace

std::vector<TaskPlace> TasksToVerify(const v1::JobSpec& spec, const JobPlan& plan) {
  std::vector<std::pair<std::uint64_t, std::size_t>> lots;  // And the task's index.
  for (std::size_t i = 0; i < plan.tasks.size() && spec.verify_tasks() > 0; ++i) {
    const Stage stage = plan.tasks[i].place.stage;
    const bool computes = stage != Stage::kProbe && stage != Stage::kAssemble;
    if (computes && !plan.tasks[i].outputs.empty()) {
      lots.emplace_back(Lot(spec.seed(), plan.tasks[i].place), i);
    }
  }
  std::sort(lots.begin(), lots.end());
  lots.resize(std::min<std::size_t>(lots.size(), spec.verify_tasks()));
  std::sort(lots.begin(), lots.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<TaskPlace> places;
  places.reserve(lots.size());
  for (const auto& [lot, index] : lots) {
    places.push_back(plan.tasks[index].place);
  }
  return places;
}

std::optional<std::string> FindDisagreement(const Outputs& first, const Outputs& second) {
  for (const auto& [name, blob] : first) {
    const auto other = second.find(name);
    if (other == second.end() && name == kPreview) {
      continue;
    }
    if (other == second.end() || other->second.checksum() != blob.checksum() ||
        other->second.size_bytes() != blob.size_bytes()) {
      return name;
    }
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
