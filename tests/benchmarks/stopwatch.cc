#include "tests/benchmarks/stopwatch.h"

#include <algorithm>
#include <cstddef>
#include <ctime>

namespace weft::bench {
namespace {

double Milliseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double Middle(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Spent Stopwatch::Now() {
  return {Milliseconds(CLOCK_PROCESS_CPUTIME_ID), Milliseconds(CLOCK_MONOTONIC)};
}

Spent Stopwatch::Read() const {
  const Spent now = Now();
  return {now.cpu_ms - start_.cpu_ms, now.wall_ms - start_.wall_ms};
}

Spent Median(const std::vector<Spent>& times) {
  std::vector<double> cpu;
  std::vector<double> wall;
  cpu.reserve(times.size());
  wall.reserve(times.size());
  for (const Spent& spent : times) {
    cpu.push_back(spent.cpu_ms);
    wall.push_back(spent.wall_ms);
  }
  return {Middle(cpu), Middle(wall)};
}

}  // namespace weft::bench
