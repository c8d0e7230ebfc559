#include "tests/simulation/scenario.h"

#include <algorithm>

#include "common/storage/result_place.h"
#include "tests/coordinator/core/sample_job.h"
#include "tests/simulation/random.h"

namespace weft::simulation {
namespace {

constexpr Time kStart{Duration(1000)};
constexpr std::uint32_t kLargeEvery = 64;  // One seed of so many is a large one.

// Groups of pictures and seam checks.
void DrawFile(Random& random, v1::JobSpec& spec) {
  spec.set_group_frames(random.Chance(0.7) ? 1 + random.Below(12) : 0);
  spec.set_lossless(random.Chance(0.2));
  spec.set_seam_report(random.Chance(0.7));
  spec.set_seam_checks(random.Below(4));
}

v1::JobSpec DrawSpec(Random& random, bool large) {
  if (random.Chance(0.2)) {
    v1::JobSpec deflicker = coordinator::SampleDeflicker();
    deflicker.set_chunk_frames(1 + random.Below(6));
    deflicker.set_steady_colours(random.Chance(0.5));
    DrawFile(random, deflicker);
    return deflicker;
  }
  v1::JobSpec spec = coordinator::SampleSpec();
  spec.set_chunk_frames(2 + random.Below(large ? 8 : 6));
  spec.set_window(random.Below(4));
  spec.set_anchors_attended(random.Below(3));
  spec.set_final_pass(random.Chance(0.5));
  if (random.Chance(0.6)) {
    spec.clear_controls();
  }
  spec.set_steady_colours(random.Chance(0.3));
  if (!spec.controls().empty() && random.Chance(0.5)) {
    spec.mutable_controls(0)->set_kind(v1::CONTROL_KIND_DEPTH);
    spec.mutable_controls(0)->set_maps_path("/depth.mkv");
    spec.mutable_controls(0)->set_steady(true);
  }
  spec.set_any_class(random.Chance(0.3));
  spec.set_previews(random.Chance(0.5));
  spec.set_verify_tasks(random.Chance(0.3) ? random.Below(6) : 0);
  if (spec.anchors_attended() > 0 && random.Chance(0.3)) {
    spec.set_look_path("/look");
  }
  if (random.Chance(0.2)) {
    spec.set_exchange(v1::EXCHANGE_NONE);
    spec.set_overlap_frames(random.Below(4));
  }
  DrawFile(random, spec);
  return spec;
}

std::vector<Order> DrawOrders(Random& random, bool large) {
  std::vector<Order> orders(large ? 3 + random.Below(8) : 1 + random.Below(3) / 2);
  for (std::size_t i = 0; i < orders.size(); ++i) {
    orders[i].token = "token-" + std::to_string(i);
    orders[i].spec = DrawSpec(random, large);
    orders[i].terms.set_user(random.Chance(0.5) ? "ann" : "bob");
    orders[i].terms.set_priority(random.Below(3));
    if (random.Chance(0.2)) {
      orders[i].terms.add_tags(kFirstSeatTag);
      orders[i].terms.set_wait_for_workers(true);
    }
    if (i % 2 == 1 || (!large && orders[i].terms.user() == "bob")) {
      const ResultPlace kept{orders[i].terms.user(), "out.mp4"};
      orders[i].spec.set_output_path(kept.Url());
    }
    orders[i].frame_count = 1 + random.Below(large ? 60 : 10);
    orders[i].delay = random.Between(0, 3000);
  }
  return orders;
}

Fault DrawFault(Random& random, Duration chaos) {
  Fault fault;
  fault.kind = static_cast<Fault::Kind>(random.Below(static_cast<int>(Fault::Kind::kForgetJob)));
  if (fault.kind == Fault::Kind::kCancelJob && random.Chance(0.7)) {
    fault.kind = Fault::Kind::kKillCoordinator;  // A cancelled job shows little.
  }
  if (random.Chance(0.1)) {
    fault.kind = Fault::Kind::kReplaceVersion;  // Only where a job is under way it shows anything.
  }
  fault.at = kStart + random.Between(1, chaos.count());
  fault.span = random.Chance(0.5) ? random.Between(1, 3000) : random.Between(1, 20'000);
  fault.seat = random.Below(1 << 16);
  fault.detail = random.Below(1 << 16);
  return fault;
}

void DrawFaults(Random& random, bool large, Scenario& scenario) {
  const Duration chaos = random.Between(2000, large ? 60'000 : 15'000);
  scenario.calm = kStart + chaos;
  scenario.faults.resize(random.Below(large ? 30 : 8));
  for (Fault& fault : scenario.faults) {
    fault = DrawFault(random, chaos);
    scenario.calm = std::max(scenario.calm, fault.at + fault.span);
  }
  // Of the seed itself, so that it changes nothing else that is drawn.
  constexpr std::uint64_t kOneOf = 4;
  if (scenario.seed % kOneOf == 3) {
    Random jobs(scenario.seed, "forgotten");
    Fault forgets;
    forgets.kind = Fault::Kind::kForgetJob;
    forgets.at = kStart + jobs.Between(1, chaos.count());
    forgets.seat = jobs.Below(1 << 16);
    if (jobs.Chance(0.5)) {  // So that workers are at it when it goes.
      scenario.faults.push_back(forgets);
      scenario.faults.back().kind = Fault::Kind::kCancelJob;
    }
    scenario.faults.push_back(forgets);
  }
  if (scenario.seed % kOneOf == 1) {
    Random losses(scenario.seed, "lost");
    Fault loses;
    loses.kind = Fault::Kind::kLoseOutputs;
    for (std::uint32_t count = 1 + losses.Below(2); count > 0; --count) {
      loses.at = kStart + losses.Between(1, chaos.count());
      loses.detail = losses.Below(1 << 16);
      scenario.faults.push_back(loses);
    }
  }
  std::stable_sort(scenario.faults.begin(), scenario.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
}

}  // namespace

Scenario DrawScenario(std::uint64_t seed, std::uint32_t workers) {
  Random random(seed, "scenario");
  const bool large = seed % kLargeEvery == 0;
  Scenario scenario;
  scenario.seed = seed;
  scenario.worker_count = 1 + random.Below(large ? 12 : 3);
  if (workers > 0) {
    scenario.worker_count = workers;
  }
  scenario.orders = DrawOrders(random, large);
  scenario.habits.error_chance = random.Chance(0.5) ? 0.04 : 0;
  scenario.habits.work_max = random.Chance(0.2) ? Duration(9000) : Duration(1500);
  scenario.noisy = random.Chance(0.5);
  scenario.habits.slow_chance = random.Chance(0.5) ? 0.2 : 0;
  scenario.habits.stuck_chance = random.Chance(0.1) ? 0.02 : 0;
  // Long enough to disturb, short enough for the run to go on.
  scenario.options.conduct.aside = Duration(10'000);
  scenario.options.conduct.aside_max = Duration(60'000);
  scenario.options.patience = Duration(45'000);
  scenario.options.straggler = random.Between(1500, 6000);
  if (random.Chance(0.3)) {
    scenario.options.user_running_max = 1 + random.Below(3);
  }
  scenario.options.lease = random.Between(6000, 30'000);
  // Of the seed itself, so that it changes nothing else that is drawn: few enough for even a small
  // farm's workers to be told to speak less often.
  scenario.options.heartbeats_per_second =
      seed % 3 == 1 ? 1 : coordinator::FarmOptions().heartbeats_per_second;
  DrawFaults(random, large, scenario);
  return scenario;
}

std::vector<std::string> Scenario::Describe() const {
  std::vector<std::string> lines;
  lines.push_back(std::to_string(worker_count) + " workers, lease " +
                  std::to_string(options.lease.count()) + " ms, " +
                  (noisy ? "noisy links" : "clean links") + ", errors " +
                  std::to_string(static_cast<int>(habits.error_chance * 100)) + " %");
  for (const Order& order : orders) {
    lines.push_back("job " + order.token + ": " + std::to_string(order.frame_count) +
                    " frames in chunks of " + std::to_string(order.spec.chunk_frames()));
  }
  for (const Fault& fault : faults) {
    lines.push_back(simulation::Describe(fault));
  }
  return lines;
}

}  // namespace weft::simulation
