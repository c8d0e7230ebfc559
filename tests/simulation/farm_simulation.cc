// farm-simulation: runs seeds of the simulated farm; a seed that breaks a promise is made small,
// and what happened in it is printed.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "tests/simulation/shrink.h"
#include "tests/simulation/world.h"

namespace weft::simulation {
namespace {

void PrintRun(const Scenario& scenario) {
  for (const std::string& line : scenario.Describe()) {
    std::cout << "  " << line << '\n';
  }
  const Report report = World(scenario, true).Run();
  for (const std::string& line : report.trace) {
    std::cout << line << '\n';
  }
  std::cout << (report.breach.empty() ? "all is well" : report.breach) << '\n';
}

// "12:40" or "12". Nothing when it is neither.
std::optional<std::pair<std::uint64_t, std::uint64_t>> ParseSeeds(const std::string& text) {
  const std::size_t colon = text.find(':');
  std::pair<std::uint64_t, std::uint64_t> seeds;
  const bool parsed = CLI::detail::lexical_cast(text.substr(0, colon), seeds.first) &&
                      CLI::detail::lexical_cast(
                          colon == std::string::npos ? text : text.substr(colon + 1), seeds.second);
  return parsed && seeds.first <= seeds.second ? std::optional(seeds) : std::nullopt;
}

int RunSeeds(std::pair<std::uint64_t, std::uint64_t> seeds, std::uint32_t workers) {
  std::uint64_t jobs_done = 0;
  std::uint64_t jobs_ended = 0;
  std::uint64_t steps = 0;
  for (std::uint64_t seed = seeds.first; seed <= seeds.second; ++seed) {
    const Scenario scenario = DrawScenario(seed, workers);
    const Report report = World(scenario, false).Run();
    if (!report.breach.empty()) {
      std::cout << "seed " << seed << ": " << report.breach << "\nits smallest run that fails:\n";
      PrintRun(Shrink(scenario));
      return EXIT_FAILURE;
    }
    jobs_done += report.jobs_done;
    jobs_ended += report.jobs_ended;
    steps += report.steps;
  }
  std::cout << seeds.second - seeds.first + 1 << " seeds, " << steps << " steps, " << jobs_ended
            << " jobs ended, " << jobs_done << " of them done: no promise broken\n";
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace weft::simulation

int main(int argc, char** argv) {
  std::string seeds = "1:1000";
  std::uint32_t workers = 0;
  std::optional<std::uint64_t> trace;
  CLI::App app(
      "Runs the coordinator's core and the workers' agents through seeded faults of network, disk "
      "and processes, and checks the farm's promises after every event.\n\nExample:\n"
      "  farm-simulation --seeds 1:100000",
      "farm-simulation");
  app.add_option("--seeds", seeds, "First and last seed, A:B")->capture_default_str();
  app.add_option("--workers", workers, "Workers of every run; 0: drawn from the seed")
      ->capture_default_str();
  app.add_option("--trace", trace, "Prints what happens in this seed, and runs no others");
  CLI11_PARSE(app, argc, argv);
  if (trace.has_value()) {
    weft::simulation::PrintRun(weft::simulation::DrawScenario(*trace, workers));
    return EXIT_SUCCESS;
  }
  const auto range = weft::simulation::ParseSeeds(seeds);
  if (!range.has_value()) {
    std::cerr << "farm-simulation: error: --seeds is " << seeds << ": A:B with A <= B\n";
    return EXIT_FAILURE;
  }
  return weft::simulation::RunSeeds(*range, workers);
}
