#include "tests/simulation/shrink.h"

#include <functional>
#include <utility>
#include <vector>

#include "tests/simulation/world.h"

namespace weft::simulation {
namespace {

bool Fails(const Scenario& scenario) {
  return !World(scenario, false).Run().breach.empty();
}

using Cut = std::function<bool(Scenario&)>;  // False: there is nothing to cut.

std::vector<Cut> Cuts(const Scenario& scenario) {
  std::vector<Cut> cuts;
  cuts.emplace_back([](Scenario& s) { return std::exchange(s.noisy, false); });
  cuts.emplace_back([](Scenario& s) { return std::exchange(s.habits.error_chance, 0) > 0; });
  cuts.emplace_back([](Scenario& s) {
    const bool more = s.orders.size() > 1;
    if (more) {
      s.orders.pop_back();
    }
    return more;
  });
  cuts.emplace_back([](Scenario& s) { return s.worker_count > 1 && s.worker_count-- > 1; });
  for (std::size_t i = 0; i < scenario.orders.size(); ++i) {
    cuts.emplace_back([i](Scenario& s) {
      const bool more = i < s.orders.size() && s.orders[i].frame_count > 1;
      if (more) {
        s.orders[i].frame_count /= 2;
      }
      return more;
    });
  }
  for (std::size_t i = scenario.faults.size(); i-- > 0;) {
    cuts.emplace_back([i](Scenario& s) {
      const bool there = i < s.faults.size();
      if (there) {
        s.faults.erase(s.faults.begin() + static_cast<std::ptrdiff_t>(i));
      }
      return there;
    });
  }
  return cuts;
}

}  // namespace

Scenario Shrink(Scenario failing) {
  bool smaller = true;
  while (smaller) {
    smaller = false;
    for (const Cut& cut : Cuts(failing)) {
      Scenario candidate = failing;
      if (cut(candidate) && Fails(candidate)) {
        failing = std::move(candidate);
        smaller = true;
      }
    }
  }
  return failing;
}

}  // namespace weft::simulation
