// Small streams of random numbers. Each part of the simulation has one of its own, named after it,
// so that what one part draws does not change what another one does.

#pragma once

#include <cstdint>
#include <string_view>

#include "common/time.h"

namespace weft::simulation {

class Random {
 public:
  // The stream of `name` under a seed. FNV-1a spreads the name.
  Random(std::uint64_t seed, std::string_view name) : state_(seed) {
    Next();
    for (const char letter : name) {
      state_ = (state_ ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    }
    Next();
  }

  // SplitMix64. Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators"
  // (OOPSLA 2014), fig. 12 and 16.
  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  // 0 to count-1. REQUIRES: count > 0.
  std::uint32_t Below(std::uint32_t count) { return static_cast<std::uint32_t>(Next() % count); }

  bool Chance(double probability) {
    constexpr double kSteps = 1e6;
    return static_cast<double>(Next() % 1'000'000) < probability * kSteps;
  }

  // low_ms to high_ms-1. REQUIRES: low_ms < high_ms.
  Duration Between(std::int64_t low_ms, std::int64_t high_ms) {
    return Duration(
        low_ms + static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(high_ms - low_ms)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace weft::simulation
